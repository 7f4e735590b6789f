/** What there is to be named, asked while somebody types: quick, and silent about what it cannot find. */

import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import { roomOf } from '../instance/part-names.ts'
import { entryNames } from '../servers/gateway-document.ts'
import { readConfigurationFile } from '../servers/write-configuration.ts'
import { readConfigurationAgain } from '../start/configuration.ts'
import type { ValueKind } from './tree.ts'

/** While none runs: those that always run. */
const ROOMS = ['oauth-server', 'ext-authz', 'mcp-bridge', 'envoy', 'envoy-files', 'valkey']

export async function valuesOfKind(context: Context, kind: ValueKind): Promise<readonly string[]> {
  if (kind === 'part') return await parts(context)
  if (kind === 'service-own') return [...entryNames(readConfigurationFile(context).text).keys()]
  const { definitions, services } = readConfigurationAgain(context)
  const names = [...definitions.keys()]
  if (kind === 'service') return names
  return names.filter((name) => services.has(name) === (kind === 'service-on'))
}

async function parts(context: Context): Promise<readonly string[]> {
  const running = await findGateway(stateDirectoryOf(context), context.environment)
  if (running === undefined) return ROOMS
  const names = running.status.parts.map(({ name }) => name)
  return [...new Set([...names.map(roomOf), ...names])]
}
