/** What each part has to know to trace: the collector's headers may be a key to it, and reach whoever sends alone. */

import type { Environment } from '../../lib/platform/environment.ts'
import { readTracing, TRACING_VARIABLES } from '../../lib/platform/tracing/settings.ts'
import { orFile, pick } from './part-environment.ts'

type Variables = Readonly<Record<string, string>>

export interface TracingEnvironment {
  /** For the rooms that requests pass through. */
  readonly rooms: Variables
  /** For the renderer: of the headers their names alone. */
  readonly envoyFiles: Variables
  /** For Envoy itself: each header's value, which no file and no page shows. */
  readonly envoy: Variables
}

const OFF: TracingEnvironment = { rooms: {}, envoyFiles: {}, envoy: {} }

/** Nothing for anybody while traces are off. @throws ConfigError with one line for each fault. */
export function tracingEnvironment(environment: Environment): TracingEnvironment {
  const settings = readTracing(environment)
  if (settings === undefined) return OFF
  const open = pick(environment, Object.keys(TRACING_VARIABLES).flatMap(orFile))
  const headers = [...settings.headers]
  const encoded = headers
    .map(([name, value]) => `${name}=${encodeURIComponent(value.reveal())}`)
    .join(',')
  return {
    // As a variable, wherever they came from: the exporters read them by themselves.
    rooms: headers.length === 0 ? open : { ...open, OTEL_EXPORTER_OTLP_TRACES_HEADERS: encoded },
    envoyFiles: { ...open, ENVOY_OTLP_HEADERS: headers.map(([name]) => name).join(',') },
    envoy: Object.fromEntries(
      headers.map(([, value], index) => [`ENVOY_OTLP_HEADER_${index + 1}`, value.reveal()]),
    ),
  }
}
