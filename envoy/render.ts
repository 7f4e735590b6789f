/** All of Envoy's files from the catalogue: pure, so that a test can validate them with the real binary. */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import { ConfigError } from '../lib/platform/environment.ts'
import { digest } from '../lib/platform/seal.ts'
import { renderAdminCluster, renderAdminListener } from './admin.ts'
import { FILES, renderBootstrap } from './bootstrap.ts'
import { renderClusters } from './clusters.ts'
import type { EnvoyConfig } from './config.ts'
import { renderListener } from './listener.ts'
import { renderMetricsClusters, renderMetricsListener } from './metrics.ts'
import { renderChallengeCluster, renderPlainListener, renderPlainRoutes } from './plain-listener.ts'
import { renderRoutes } from './routes.ts'
import { renderSecret } from './secrets.ts'
import { renderTracingCluster } from './tracing.ts'

/** File name → content, in the order in which they must be in place: make before break. */
export function renderFiles(gateway: Gateway, config: EnvoyConfig): ReadonlyMap<string, object> {
  const folder = config.ENVOY_FOLDER
  const { secure } = gateway.addresses
  const certificates = config.ENVOY_CERTIFICATE_FOLDER
  if (secure && certificates === undefined) {
    throw new ConfigError(['ENVOY_CERTIFICATE_FOLDER is not set, but PUBLIC_URL is https'])
  }
  // Envoy tells which version it holds: so one can see that it has taken a file, or has not.
  const resources = (...members: object[]): object => ({
    version_info: versionOf(members),
    resources: members,
  })
  const clusters = renderClusters({
    oauthServer: config.OAUTH_SERVER_SOCKETS,
    bridge: config.MCP_BRIDGE_SOCKETS,
    extAuthz: config.EXT_AUTHZ_SOCKETS,
  })
  const listener = renderListener({
    folder,
    listenAddresses: config.ENVOY_LISTEN_ADDRESSES,
    port: gateway.port,
    addresses: gateway.addresses,
    rateLimitFactor: config.RATE_LIMIT_FACTOR,
    tracing: config.tracing,
  })
  const address = config.ENVOY_PAGES_ADDRESS
  const metrics = {
    address,
    port: gateway.metricsPort,
    extAuthzSockets: config.EXT_AUTHZ_ADMIN_SOCKETS,
    oauthServerSockets: config.OAUTH_SERVER_METRICS_SOCKETS,
    bridgeSockets: config.MCP_BRIDGE_ADMIN_SOCKETS,
    certsSocket: config.CERTS_SOCKET,
    supervisorSocket: config.SUPERVISOR_METRICS_SOCKET,
  }
  const plain = renderPlain(gateway, config)
  return new Map([
    ...(certificates === undefined
      ? []
      : [[FILES.secrets, resources(renderSecret(certificates))] as const]),
    [
      FILES.clusters,
      resources(
        ...clusters,
        renderAdminCluster(config.ENVOY_ADMIN_SOCKET),
        ...renderMetricsClusters(metrics),
        ...plain.clusters,
        ...(config.tracing === undefined ? [] : [renderTracingCluster(config.tracing)]),
      ),
    ],
    [FILES.routes, resources(renderRoutes(gateway, config.RATE_LIMIT_FACTOR))],
    ...plain.routes.map((routes) => [FILES.plainRoutes, resources(routes)] as const),
    [
      FILES.listeners,
      resources(
        listener,
        renderAdminListener({ address, port: gateway.adminPort }),
        renderMetricsListener(metrics),
        ...plain.listeners,
      ),
    ],
    [
      FILES.bootstrap,
      renderBootstrap(folder, config.ENVOY_ADMIN_SOCKET, {
        traceDelayMs: config.tracing?.batch.delayMs,
      }),
    ],
  ])
}

const VERSION_CHARACTERS = 16

function versionOf(members: readonly object[]): string {
  return digest(JSON.stringify(members)).slice(0, VERSION_CHARACTERS)
}

/** Nothing of it where there is no port for it. */
function renderPlain(
  gateway: Gateway,
  { ENVOY_FOLDER, ENVOY_LISTEN_ADDRESSES, ENVOY_PLAIN_PORT: port, CERTS_SOCKET }: EnvoyConfig,
): Record<'clusters' | 'routes' | 'listeners', object[]> {
  if (port === undefined) return { clusters: [], routes: [], listeners: [] }
  const challenges = CERTS_SOCKET !== undefined
  return {
    clusters: challenges ? [renderChallengeCluster(CERTS_SOCKET)] : [],
    routes: [renderPlainRoutes(gateway, { port, challenges })],
    listeners: [
      renderPlainListener({ folder: ENVOY_FOLDER, addresses: ENVOY_LISTEN_ADDRESSES, port }),
    ],
  }
}
