/**
 * Figures for Prometheus, on this machine alone: Envoy's own at `/metrics/envoy`, those of each ext-authz
 * process at `/metrics/ext-authz-1`, `-2` …, of each bridge at `/metrics/mcp-bridge-1` …, those of certificates
 * at `/metrics/certs`.
 */

import { ADMIN_CLUSTER } from './admin.ts'
import { socketCluster } from './clusters.ts'
import {
  type ListenerPlace,
  readingRoute,
  refusal,
  renderLoopbackListener,
} from './loopback-listener.ts'

export interface MetricsOptions extends ListenerPlace {
  /** In the order of the processes. */
  readonly extAuthzSockets: readonly string[]
  readonly bridgeSockets: readonly string[]
  /** Undefined without TLS. */
  readonly certsSocket?: string | undefined
}

interface Source {
  readonly path: string
  readonly cluster: string
  readonly socket: string
}

export function renderMetricsListener(options: MetricsOptions): object {
  const { address, port } = options
  const rooms = sourcesOf(options).map(({ path, cluster }) =>
    readingRoute(path, cluster, '/metrics'),
  )
  const envoy = readingRoute('/metrics/envoy', ADMIN_CLUSTER, '/stats/prometheus')
  const routes = [envoy, ...rooms, refusal(404, 'there are no figures here')]
  return renderLoopbackListener({ name: 'metrics', address, port, routes })
}

export function renderMetricsClusters(options: MetricsOptions): object[] {
  return sourcesOf(options).map(({ cluster, socket }) => socketCluster(cluster, socket))
}

function sourcesOf({ extAuthzSockets, bridgeSockets, certsSocket }: MetricsOptions): Source[] {
  return [
    ...processesOf('ext-authz', extAuthzSockets),
    ...processesOf('mcp-bridge', bridgeSockets),
    ...(certsSocket === undefined
      ? []
      : [{ path: '/metrics/certs', cluster: 'certs_metrics', socket: certsSocket }]),
  ]
}

function processesOf(room: string, sockets: readonly string[]): Source[] {
  return sockets.map((socket, index) => ({
    path: `/metrics/${room}-${index + 1}`,
    cluster: `${room.replace('-', '_')}_admin_${index + 1}`,
    socket,
  }))
}
