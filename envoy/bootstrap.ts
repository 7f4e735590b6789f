/** The bootstrap: everything that may change is read from files beside it, which Envoy watches. */

import { join } from 'node:path'
import { renderAdmin } from './admin.ts'
import { OVERLOAD_LIMITS, type OverloadLimits, renderOverload } from './overload.ts'

/** The rendered files by what Envoy calls them. Each but the bootstrap is watched for moves. */
export const FILES = {
  bootstrap: 'bootstrap.json',
  listeners: 'lds.json',
  routes: 'rds.json',
  plainRoutes: 'rds-plain.json',
  clusters: 'cds.json',
  secrets: 'sds.json',
} as const

const RUNTIME = {
  // HTTP/2 rapid reset: who opens streams to cancel them is served slowly, then cut off.
  'http.max_requests_per_io_cycle': 16,
  'overload.premature_reset_total_stream_count': 500,
  'overload.premature_reset_min_stream_lifetime_seconds': 1,
  // Patterns are the operator's own: at Envoy's 100, three listed origins would have all routes refused.
  're2.max_program_size.error_level': 100_000,
}

/** A file that Envoy reads, and reads again when another is moved onto it. */
export function fileSource(folder: string, file: string): object {
  return {
    resource_api_version: 'V3',
    path_config_source: { path: join(folder, file), watched_directory: { path: folder } },
  }
}

export interface BootstrapOptions {
  readonly overload?: OverloadLimits
  /** Undefined where traces are off. */
  readonly traceDelayMs?: number | undefined
}

/** How long spans are gathered before they are sent. */
function toTraceRuntime(delayMs: number | undefined): object {
  return delayMs === undefined ? {} : { 'tracing.opentelemetry.flush_interval_ms': delayMs }
}

export function renderBootstrap(
  folder: string,
  adminSocket: string,
  { overload = OVERLOAD_LIMITS, traceDelayMs }: BootstrapOptions = {},
): object {
  return {
    node: { id: 'gateway', cluster: 'mcp-oauth-gateway' },
    admin: renderAdmin(adminSocket),
    overload_manager: renderOverload(overload),
    layered_runtime: {
      layers: [{ name: 'static', static_layer: { ...RUNTIME, ...toTraceRuntime(traceDelayMs) } }],
    },
    dynamic_resources: {
      lds_config: fileSource(folder, FILES.listeners),
      cds_config: fileSource(folder, FILES.clusters),
    },
  }
}
