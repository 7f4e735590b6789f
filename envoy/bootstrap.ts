/** The bootstrap: everything that may change is read from files beside it, which Envoy watches. */

import { join } from 'node:path'

/** The rendered files by what Envoy calls them. Each but the bootstrap is watched for moves. */
export const FILES = {
  bootstrap: 'bootstrap.json',
  listeners: 'lds.json',
  routes: 'rds.json',
  plainRoutes: 'rds-plain.json',
  clusters: 'cds.json',
  secrets: 'sds.json',
} as const

/** Each listening client holds one; file descriptors are the next bound anyway. */
const DOWNSTREAM_CONNECTIONS_MAX = 20_000

/** A file that Envoy reads, and reads again when another is moved onto it. */
export function fileSource(folder: string, file: string): object {
  return {
    resource_api_version: 'V3',
    path_config_source: { path: join(folder, file), watched_directory: { path: folder } },
  }
}

export function renderBootstrap(folder: string, adminPort: number): object {
  return {
    node: { id: 'gateway', cluster: 'mcp-oauth-gateway' },
    // On loopback and nowhere else: the page can stop the process.
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: adminPort } } },
    // Beyond it connections are closed at once, before they cost memory.
    overload_manager: {
      resource_monitors: [
        {
          name: 'envoy.resource_monitors.global_downstream_max_connections',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig',
            max_active_downstream_connections: DOWNSTREAM_CONNECTIONS_MAX,
          },
        },
      ],
    },
    dynamic_resources: {
      lds_config: fileSource(folder, FILES.listeners),
      cds_config: fileSource(folder, FILES.clusters),
    },
  }
}
