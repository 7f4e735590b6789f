/**
 * Figures for Prometheus, on this machine alone: Envoy's own at `/metrics/envoy`, those of each process at
 * `/metrics/ext-authz-1`, `-2`, `/metrics/oauth-server-1` … And at `/metrics/targets` where all of them are,
 * in the form in which Prometheus asks for what it is to scrape (HTTP service discovery): one address tells
 * everything, and a process that does not answer is seen as such.
 */

import { ADMIN_CLUSTER } from './admin.ts'
import { socketCluster } from './clusters.ts'
import {
  type ListenerPlace,
  readingRoute,
  refusal,
  renderLoopbackListener,
  tellingRoute,
} from './loopback-listener.ts'

export interface MetricsOptions extends ListenerPlace {
  /** In the order of the processes. */
  readonly extAuthzSockets: readonly string[]
  readonly oauthServerSockets: readonly string[]
  readonly bridgeSockets: readonly string[]
  /** Undefined without TLS. */
  readonly certsSocket?: string | undefined
  /** Undefined in containers. */
  readonly supervisorSocket?: string | undefined
}

interface Source {
  readonly room: string
  /** Of its page: `/metrics/<process>`. */
  readonly process: string
  readonly cluster: string
  readonly socket: string
}

export function renderMetricsListener(options: MetricsOptions): object {
  const { address, port } = options
  const sources = sourcesOf(options)
  const routes = [
    readingRoute(pathOf('envoy'), ADMIN_CLUSTER, '/stats/prometheus'),
    ...sources.map(({ process, cluster }) => readingRoute(pathOf(process), cluster, '/metrics')),
    tellingRoute('/metrics/targets', toTargets(port, sources)),
    refusal(404, 'there are no figures here: /metrics/targets says where there are'),
  ]
  return renderLoopbackListener({ name: 'metrics', address, port, routes })
}

export function renderMetricsClusters(options: MetricsOptions): object[] {
  return sourcesOf(options).map(({ cluster, socket }) => socketCluster(cluster, socket))
}

/** As `http_sd_configs` of Prometheus reads it. */
function toTargets(port: number, sources: readonly Source[]): object[] {
  const envoy = { room: 'envoy', process: 'envoy' }
  return [envoy, ...sources].map(({ room, process }) => ({
    targets: [`127.0.0.1:${port}`],
    labels: { __metrics_path__: pathOf(process), room, process },
  }))
}

function pathOf(process: string): string {
  return `/metrics/${process}`
}

function sourcesOf(options: MetricsOptions): Source[] {
  return [
    ...processesOf('ext-authz', options.extAuthzSockets),
    ...processesOf('oauth-server', options.oauthServerSockets),
    ...processesOf('mcp-bridge', options.bridgeSockets),
    ...singleOf('certs', options.certsSocket),
    ...singleOf('supervisor', options.supervisorSocket),
  ]
}

function processesOf(room: string, sockets: readonly string[]): Source[] {
  return sockets.map((socket, index) => ({
    room,
    process: `${room}-${index + 1}`,
    cluster: `${room.replace('-', '_')}_metrics_${index + 1}`,
    socket,
  }))
}

function singleOf(room: string, socket: string | undefined): Source[] {
  return socket === undefined ? [] : [{ room, process: room, cluster: `${room}_metrics`, socket }]
}
