/** The mcp-bridge process: configuration to ports to server, and the end of everything it started. */

import type { Server } from 'node:http'
import type { Redis } from 'ioredis'
import { readGateway } from '../lib/catalogue/gateway.ts'
import { type LiveGateway, watchGateway } from '../lib/catalogue/live-gateway.ts'
import { systemClock } from '../lib/platform/clock.ts'
import { createFigures, type Figures } from '../lib/platform/figures.ts'
import { runRoom, type Stop } from '../lib/platform/lifecycle.ts'
import { createLog, type Log } from '../lib/platform/log.ts'
import { createProcessGroups } from '../lib/platform/process-group.ts'
import { randomText } from '../lib/platform/seal.ts'
import { openTracing } from '../lib/platform/tracing/open-tracing.ts'
import { listenOnSocket } from '../lib/platform/unix-socket.ts'
import { connectRedis, type RedisOptions, tellStore, waitUntilReady } from '../lib/store/redis.ts'
import { startReplica, tellReplica } from '../lib/store/replica.ts'
import { createAdminServer } from './admin.ts'
import { Admissions } from './admissions.ts'
import { Bodies } from './bodies.ts'
import type { Bridge } from './bridge.ts'
import { type McpBridgeConfig, readConfig } from './config.ts'
import { Effort } from './effort.ts'
import { endOutdated } from './end-outdated.ts'
import type { HeldLeases } from './held-leases.ts'
import { joinPeers, markerOf } from './join-peers.ts'
import { SHUTDOWN_WAITS, WATCHDOG_GRACE_SECONDS } from './limits.ts'
import { createLearnt, createOwn, createStreamPorts, toLocal, toRunnerPorts } from './make-ports.ts'
import { NativeServers } from './native/native-servers.ts'
import { tellRunner, tellSessions } from './process-figures.ts'
import { listProcesses } from './process-list.ts'
import { tellRequests } from './request-figures.ts'
import { Hosts } from './runner/hosts.ts'
import { createLocalHost } from './runner/local-host.ts'
import { Runner } from './runner/runner.ts'
import { createBridgeServer } from './server.ts'
import { Sessions } from './sessions.ts'
import { Readers } from './stateless/readers.ts'
import { redisSessions } from './store/sessions.ts'
import { StandingClients } from './translate/stateless/standing-clients.ts'

const STORE_TIMEOUT_MS = 2000
const STORE_START_MS = 15_000

const bootLog = createLog('mcp-bridge', 'info')

await runRoom(bootLog, async () => {
  const config = readConfig(process.env)
  return await start(config, createLog('mcp-bridge', config.LOG_LEVEL))
})

async function start(config: McpBridgeConfig, log: Log): Promise<Stop> {
  const gateway = readGateway(process.env, process.cwd())
  const tracing = await openTracing(process.env, 'mcp-bridge', log)
  const store = { url: config.REDIS_URL, password: config.REDIS_PASSWORD }
  const redis = await openStore({ ...store, tracing }, log)
  const live = watchGateway({
    start: gateway,
    environment: process.env,
    workingDirectory: process.cwd(),
    log,
  })
  const life = randomText(12)
  const groups = createProcessGroups(markerOf(life), WATCHDOG_GRACE_SECONDS)
  const local = toLocal({ config, gateway, groups, environment: process.env, log })
  const hosts = new Hosts(createLocalHost(local), { clock: systemClock, log })
  const { leases, peers } = await joinPeers({
    config,
    live,
    redis,
    life,
    log,
    holdChildren: (withinMs) => hosts.endUnlessRenewed(withinMs),
  })
  const sessions = createSessions(redis, config, peers.instances.own.id, log)
  const ports = toRunnerPorts({
    config,
    gateway,
    live,
    redis,
    leases,
    hosts,
    sessions,
    tracing,
    environment: process.env,
    log,
  })
  const streams = createStreamPorts()
  const figures = createFigures()
  const own = createOwn({ config, gateway, redis, figures, log })
  const runner = new Runner(ports)
  const learnt = createLearnt(redis, log)
  const natives = new NativeServers(ports, config.MCP_BRIDGE_SOCKET)
  const replica = startReplica({ store, clock: systemClock, log })
  const admissions = new Admissions({ replica, sessions, clock: systemClock, log })
  const standing = new StandingClients(streams.seconds, peers.instances.own.id)
  const readers = new Readers(streams.unread)
  const kept = { ...learnt, ...own, bodies: new Bodies(), effort: new Effort(), readers, tracing }
  const bridge = { admissions, sessions, runner, natives, standing, streams, peers, ...kept }
  live.onChange((now, before) => endOutdated(bridge, before.services, now.services))
  const server = createBridgeServer({
    bridge,
    findService: ports.findService,
    edgeSecret: config.MCP_BRIDGE_EDGE_SECRET,
    countRequest: tellRequests(figures),
    log,
  })
  tellRunner(figures, runner)
  tellSessions(figures, sessions)
  tellReplica(figures, replica)
  tellStore(figures, [redis, ...replica.connections])
  const admin = await listenForLookers(figures, runner, config.MCP_BRIDGE_ADMIN_SOCKET)
  await listenOnSocket(server, config.MCP_BRIDGE_SOCKET)
  return () => stop({ bridge, servers: [server, admin], live, hosts, leases, replica, redis })
}

function createSessions(
  redis: Redis,
  config: McpBridgeConfig,
  instance: string,
  log: Log,
): Bridge['sessions'] {
  return new Sessions({
    records: redisSessions(redis, config.SESSION_TIMEOUT),
    timeoutMs: config.SESSION_TIMEOUT * 1000,
    instance,
    clock: systemClock,
    log,
  })
}

interface Started {
  readonly bridge: Bridge
  readonly servers: readonly Server[]
  readonly live: LiveGateway
  readonly hosts: Hosts
  readonly leases: HeldLeases
  readonly replica: ReturnType<typeof startReplica>
  readonly redis: Redis
}

/** Whoever waits for an answer gets one; what others may take over is given back last. */
async function stop(started: Started): Promise<void> {
  const { bridge, servers, live, hosts, leases, replica, redis } = started
  for (const one of servers) one.close()
  live.stop()
  bridge.events.retain()
  bridge.admissions.stop()
  replica.stop()
  await Promise.all([
    bridge.runner.stopAll(SHUTDOWN_WAITS),
    bridge.natives.stopAll(SHUTDOWN_WAITS),
    bridge.sessions.endAll(),
  ])
  await hosts.stopAll(SHUTDOWN_WAITS)
  await Promise.all([bridge.events.flush(), bridge.tools.flush()])
  // Nothing runs any more: others need not wait for the end.
  await Promise.all([leases.stop(), bridge.peers.instances.stop()])
  bridge.peers.forwarding.stop()
  for (const one of servers) one.closeAllConnections()
  redis.disconnect()
  await bridge.tracing?.stop()
}

async function openStore(
  store: Pick<RedisOptions, 'url' | 'password' | 'tracing'>,
  log: Log,
): Promise<Redis> {
  const redis = connectRedis({ ...store, commandTimeoutMs: STORE_TIMEOUT_MS }, log)
  await waitUntilReady(redis, STORE_START_MS)
  return redis
}

async function listenForLookers(
  figures: Figures,
  runner: Runner,
  socketPath: string | undefined,
): Promise<Server> {
  const admin = createAdminServer({
    metrics: () => figures.render(),
    processes: () => listProcesses(runner),
  })
  if (socketPath !== undefined) await listenOnSocket(admin, socketPath)
  return admin
}
