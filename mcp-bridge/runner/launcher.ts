/** Starts the process of a service, for somebody or for nobody yet, and takes note of how it ends. */

import type { Service } from '../../lib/catalogue/service.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Environment } from '../../lib/platform/environment.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Span, Tracing } from '../../lib/platform/tracing/tracing.ts'
import { RpcFault } from '../json-rpc.ts'
import type { RemoteProbe } from '../remote/probe.ts'
import type { Remotes } from '../remote/remotes.ts'
import { Unread } from '../unread.ts'
import type { Backoff } from './backoff.ts'
import { launchChild } from './child.ts'
import type { ChildHost, HostedEnding } from './host.ts'
import {
  createExpand,
  type LaunchPlace,
  type LaunchPlan,
  type Person,
  planLaunch,
} from './launch-plan.ts'
import type { OwnSecrets } from './own-secrets.ts'
import { ServerProcess } from './server-process.ts'
import type { Era } from './servers.ts'
import { Totals } from './totals.ts'
import { traceStart } from './trace-start.ts'
import type { Upstream, UpstreamEvents } from './upstream.ts'

export interface LauncherPorts {
  /** Who starts the processes of a service. */
  readonly hostOf: (service: Service) => ChildHost
  /** Those that run elsewhere. */
  readonly remotes: Remotes
  /** For `${secret.NAME}`. */
  readonly environment: Environment
  readonly clock: Clock
  readonly log: Log
  /** Undefined where traces are off. */
  readonly tracing?: Tracing | undefined
}

export interface Launched {
  readonly process: ServerProcess
  readonly startedAt: number
  readonly child: Pick<Upstream, 'pid' | 'figures'> | undefined
  /** Undefined while it is nobody's, or everybody's. */
  readonly userId: string | undefined
  /** Whose it is from now on: what it does counts as that person's. */
  handTo(person: Person): void
}

export class Launcher {
  readonly totals = new Totals()
  readonly #ports: LauncherPorts
  readonly #backoff: Backoff
  /** By servers. */
  readonly #unread = new Unread()

  constructor(ports: LauncherPorts, backoff: Backoff) {
    this.#ports = ports
    this.#backoff = backoff
  }

  /**
   * @param person undefined for one that everybody shares, or that is nobody's yet.
   * @param cause of whoever waits for it, where that is traced.
   * @throws RpcFault when it must not be started now, or cannot be.
   */
  launch(
    service: Service,
    person: Person | undefined,
    own: OwnSecrets,
    era: Era,
    cause?: Span,
  ): Launched {
    const { clock, log, hostOf, remotes, tracing } = this.#ports
    const host = hostOf(service)
    let owner = person
    let child: Upstream | undefined
    const backoffKey = (): string => `${service.name} ${owner?.userId ?? ''}`
    this.#backoff.assertMayStart(backoffKey(), service.name)
    const startedAt = clock()
    const ownLog = log.child({ service: service.name, ...(person && { user: person.userId }) })
    const input = {
      unread: this.#unread,
      holder: () => (owner === undefined ? `service ${service.name}` : `user ${owner.userId}`),
    }
    const noteEnding = (ending: HostedEnding): void => {
      if (ending.isTemporary !== true) {
        this.#backoff.ended(backoffKey(), process.wasAsked, startedAt)
      }
      if (!process.wasAsked) reportEnding(ownLog, ending)
    }
    const place = this.#placeOf(service)
    const plan = (): LaunchPlan => planLaunch(service, owner, place, own.values)
    const expand = (text: string): string => createExpand(service, owner, place, own.values)(text)
    const begin = (events: UpstreamEvents): Upstream =>
      service.launch.kind === 'remote'
        ? remotes.open(service, { userId: owner?.userId, expand }, era, events, ownLog)
        : launchChild(host, plan(), events, { input, log: ownLog })
    const launch = (events: UpstreamEvents): Upstream => {
      // Noted first: whoever hears of the ending may try again at once.
      const ended: UpstreamEvents['ended'] = (ending) => {
        noteEnding(ending)
        events.ended(ending)
      }
      const traced = traceStart(tracing, cause, service, events)
      child = start(service, () => begin({ ...traced, ended }))
      return child
    }
    const process = new ServerProcess(service, launch, ownLog, {
      era,
      rootFolders: () => service.rootFolders.map(expand),
      tracing,
    })
    this.totals.add(process)
    return {
      process,
      startedAt,
      child,
      get userId() {
        return owner?.userId
      },
      handTo(next) {
        owner = next
      },
    }
  }

  /** @throws RpcFault when what a remote server speaks could not be found out. */
  async probe(service: Service, person: Person | undefined, own: OwnSecrets): Promise<RemoteProbe> {
    const expand = createExpand(service, person, this.#placeOf(service), own.values)
    return await this.#ports.remotes.probe(service, { userId: person?.userId, expand })
  }

  #placeOf(service: Service): LaunchPlace {
    const { environment, hostOf } = this.#ports
    return { environment, dataFolder: hostOf(service).dataFolder(service.name) }
  }
}

function start(service: Service, launch: () => Upstream): Upstream {
  try {
    return launch()
  } catch (cause) {
    if (cause instanceof RpcFault) throw cause
    throw new RpcFault(200, 'internal', `the service ${service.name}: could not be started`, {
      cause,
    })
  }
}

/** With its last words: while it ran they were shown at `debug` alone. */
function reportEnding(log: Log, { exitCode, signal, spawnError, stderr }: HostedEnding): void {
  log.warn(
    { exit_code: exitCode, signal, err: spawnError, ...(stderr !== '' && { stderr }) },
    'server process ended without being asked to',
  )
}
