/** What the bridge's parts are given to work with, made of the configuration and of what is open. */

import { dirname, join } from 'node:path'
import type { Redis } from 'ioredis'
import type { Gateway } from '../lib/catalogue/gateway.ts'
import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'
import { systemClock } from '../lib/platform/clock.ts'
import type { Environment } from '../lib/platform/environment.ts'
import type { Figures } from '../lib/platform/figures.ts'
import type { Log } from '../lib/platform/log.ts'
import type { ProcessGroups } from '../lib/platform/process-group.ts'
import { deriveKey } from '../lib/platform/secret.ts'
import type { Tracing } from '../lib/platform/tracing/tracing.ts'
import { redisAudit } from '../lib/store/audit.ts'
import { redisUserSecrets } from '../lib/store/user-secrets.ts'
import type { Bridge } from './bridge.ts'
import type { McpBridgeConfig } from './config.ts'
import { Eras } from './eras.ts'
import { FIRST_BYTE_BEAT_MS, FIRST_BYTE_BEATS_MAX, KEEP_ALIVE_MS } from './limits.ts'
import { Remotes } from './remote/remotes.ts'
import { countToolCalls } from './request-figures.ts'
import { Usage } from './runner/figures.ts'
import type { Hosts } from './runner/hosts.ts'
import type { LocalHostOptions } from './runner/local-host.ts'
import type { RunnerPorts } from './runner/runner.ts'
import { Sweep } from './runner/sweep.ts'
import type { StreamPorts } from './session-streams.ts'
import type { Session, Sessions } from './sessions.ts'
import { MirroredArguments } from './stateless/mirrored-arguments.ts'
import { redisEras } from './store/eras.ts'
import { redisEvents } from './store/events.ts'
import { Ticker } from './ticker.ts'
import { Tools } from './tools/tools.ts'
import { Unread } from './unread.ts'

export interface Parts extends Pick<RunnerPorts, 'leases' | 'log'> {
  readonly config: McpBridgeConfig
  readonly gateway: Gateway
  readonly live: LiveGateway
  readonly redis: Redis
  readonly groups: ProcessGroups
  readonly hosts: Hosts
  readonly sessions: Pick<Sessions<Session>, 'giveWay' | 'unused'>
  readonly tracing: Tracing | undefined
  /** The bridge's own; of it a server gets what its definition lets through. */
  readonly environment: Environment
}

export function toLocal({
  config,
  gateway,
  groups,
  environment,
  log,
}: Pick<Parts, 'config' | 'gateway' | 'groups' | 'environment' | 'log'>): LocalHostOptions {
  return {
    groups,
    sweep: new Sweep(),
    usage: new Usage(),
    surroundings: {
      environment,
      servicesFolder: join(gateway.stateDirectory, 'services'),
      // Beside the bridge's own: bridges that share a folder have their servers' in one as well.
      socketFolder: join(dirname(config.MCP_BRIDGE_SOCKET), 'n'),
      gatewayMarker: config.GATEWAY_MARKER,
    },
    clock: systemClock,
    log,
  }
}

export function toRunnerPorts({
  config,
  gateway,
  live,
  redis,
  leases,
  hosts,
  sessions,
  tracing,
  environment,
  log,
}: Omit<Parts, 'groups'>): RunnerPorts {
  const accountPage = `${gateway.addresses.issuer}/account`
  return {
    hostOf: (service) => hosts.of(service),
    leases,
    environment,
    remotes: new Remotes({ environment, accountPage, clock: systemClock, log }),
    ownSecrets: {
      userSecrets: redisUserSecrets(redis, deriveKey(config.USER_SECRETS_KEY, 'user-secrets')),
      accountPage,
    },
    findService: (name) => live.current.services.get(name),
    services: () => live.current.services.values(),
    endUnused: (userId, service) => sessions.giveWay(userId, service),
    unusedSessions: () => sessions.unused(),
    tracing,
    clock: systemClock,
    log,
  }
}

/** What stands on the store, and on where the gateway is, alone. */
export function createOwn({
  config,
  gateway,
  redis,
  figures,
  log,
}: Pick<Parts, 'config' | 'gateway' | 'redis' | 'log'> & { readonly figures: Figures }): Pick<
  Bridge,
  'events' | 'tools' | 'pathOf'
> {
  const { metadataUrlOf, pathOf } = gateway.addresses
  const kept = redisAudit({ redis, entriesMax: config.AUDIT_ENTRIES, log })
  const trail = countToolCalls(kept, figures)
  return {
    events: redisEvents({ redis, lifetimeSeconds: config.SESSION_TIMEOUT, log }),
    tools: new Tools({
      trail,
      metadataUrlOf,
      addresses: config.AUDIT_ADDRESSES,
      clock: systemClock,
    }),
    pathOf,
  }
}

export function createLearnt(redis: Redis, log: Log): Pick<Bridge, 'eras' | 'mirrored'> {
  const eras = new Eras({ records: redisEras(redis), log })
  return { eras, mirrored: new MirroredArguments() }
}

export function createStreamPorts(): StreamPorts {
  return {
    keepAlive: new Ticker(KEEP_ALIVE_MS),
    firstBytes: new Ticker(FIRST_BYTE_BEAT_MS, FIRST_BYTE_BEATS_MAX),
    seconds: new Ticker(1000),
    budget: { bytes: 0 },
    budgets: new Map(),
    unread: new Unread(),
  }
}
