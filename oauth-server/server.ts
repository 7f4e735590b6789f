/** Starts the authorization server on its unix socket, and stops it without cutting an answer. */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import { systemClock } from '../lib/platform/clock.ts'
import { createLeaving } from '../lib/platform/leaving.ts'
import type { Stop } from '../lib/platform/lifecycle.ts'
import type { Log } from '../lib/platform/log.ts'
import { createServer, EDGE_HEADER_BYTES_MAX } from '../lib/platform/node-http.ts'
import { serveFigures } from '../lib/platform/serve-figures.ts'
import type { Tracing } from '../lib/platform/tracing/tracing.ts'
import { listenOnSocket } from '../lib/platform/unix-socket.ts'
import { connectRedis, waitUntilReady } from '../lib/store/redis.ts'
import { keepApplied } from './access/keep-applied.ts'
import { requireBoundProviders } from './access/provider-issuers.ts'
import { listenForOperators } from './admin/listen-for-operators.ts'
import { createApp } from './app.ts'
import { PROBE_TICK_MS } from './clients/documents/document-support.ts'
import { endRemovedClients } from './clients/end-removed.ts'
import { type OAuthServerConfig, refuseTestHosts, requireService } from './config.ts'
import {
  createProviders,
  type ProviderSecrets,
  requireProvider,
} from './login/providers/providers.ts'
import { createPorts, type Surroundings } from './ports.ts'
import { createReadiness } from './readiness.ts'

const STORE_TIMEOUT_MS = 10_000
const COMMAND_TIMEOUT_MS = 2000

/** Longer than Envoy keeps an idle connection, so that it is never us who close one it is about to use. */
const KEEP_ALIVE_MS = 75_000
const HEADERS_MS = 76_000
const REQUEST_MS = 30_000

/** What was read at start, beside config and gateway, and what of it changes. */
export interface Started extends Pick<Surroundings, 'configured' | 'live'> {
  readonly providerSecrets: ProviderSecrets
  /** Undefined where traces are off. */
  readonly tracing?: Tracing | undefined
}

export async function startServer(
  config: OAuthServerConfig,
  gateway: Gateway,
  { configured, providerSecrets, live, tracing }: Started,
  log: Log,
): Promise<Stop> {
  refuseTestHosts(config, gateway.addresses)
  requireProvider(gateway)
  requireService(gateway.services, config.DEFAULT_SERVICE)
  const redis = connectRedis(
    {
      url: config.REDIS_URL,
      password: config.REDIS_PASSWORD,
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
      tracing,
    },
    log,
  )
  await waitUntilReady(redis, STORE_TIMEOUT_MS)
  const ports = createPorts(redis, {
    config,
    gateway,
    live,
    configured,
    providers: createProviders(gateway, providerSecrets),
    clock: systemClock,
    log,
  })
  await requireBoundProviders(gateway.providers, ports.families.providerIssuers)
  await endRemovedClients(ports)
  const readiness = createReadiness(ports, log)
  redis.on('ready', () => {
    readiness.renew().catch(() => {
      // Reported where it is made; health tells until it succeeds.
    })
  })
  await readiness.renew()
  const stopWatching = readiness.watch()
  const leaving = createLeaving(systemClock)
  const server = createServer(
    { maxHeaderSize: EDGE_HEADER_BYTES_MAX },
    leaving.wrap(createApp(ports, readiness, tracing).callback()),
  )
  server.keepAliveTimeout = KEEP_ALIVE_MS
  server.headersTimeout = HEADERS_MS
  server.requestTimeout = REQUEST_MS
  await listenOnSocket(server, config.OAUTH_SERVER_SOCKET)
  const stopAdministration = await listenForOperators(ports)
  const stopFigures = await serveFigures(ports.figures, config.OAUTH_SERVER_METRICS_SOCKET)
  const stopApplying = keepApplied(ports)
  // Nobody waits for it: until something is known documents are just not advertised.
  void ports.documentSupport.probe()
  const probing = setInterval(() => void ports.documentSupport.probe(), PROBE_TICK_MS)
  if (ports.providers.has('dev')) {
    log.warn('login by the dev provider: whoever asks is who they say, on this machine only')
  }
  return async () => {
    stopWatching()
    stopApplying()
    live.stop()
    clearInterval(probing)
    await stopAdministration()
    await stopFigures()
    await leaving.leave(server)
    await ports.trail.flush()
    redis.disconnect()
    await tracing?.stop()
  }
}
