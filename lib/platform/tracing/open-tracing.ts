/** Switches traces on where they are asked for: until then nothing of the library is loaded. */

import type { Environment } from '../environment.ts'
import type { Log } from '../log.ts'
import { readTracing } from './settings.ts'
import type { Tracing } from './tracing.ts'

/**
 * @param room whose spans these are: `ext-authz`
 * @returns undefined where no collector is named.
 * @throws ConfigError with one line for each fault.
 */
export async function openTracing(
  environment: Environment,
  room: string,
  log: Log,
): Promise<Tracing | undefined> {
  const settings = readTracing(environment)
  if (settings === undefined) return undefined
  const { startOpenTelemetry } = await import('./opentelemetry.ts')
  return await startOpenTelemetry(settings, { room, part: `${room}-${process.pid}`, log })
}
