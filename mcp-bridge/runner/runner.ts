/**
 * Hands servers out: one for each session, one for each user, or one for all. The key of a process says
 * who shares it.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import { RpcFault } from '../json-rpc.ts'
import type { Leases } from '../leases.ts'
import { SPARES_BEAT_MS, STOP_WAITS } from '../limits.ts'
import type { RemoteProbe } from '../remote/probe.ts'
import { Backoff } from './backoff.ts'
import { Idle } from './idle.ts'
import type { Person } from './launch-plan.ts'
import { type Launched, Launcher, type LauncherPorts } from './launcher.ts'
import { makeWay, type UnusedSessions } from './make-way.ts'
import {
  asksSecrets,
  NO_SECRETS,
  type OwnSecrets,
  type OwnSecretsPorts,
  readOwnSecrets,
  requireSecrets,
} from './own-secrets.ts'
import { Places } from './places.ts'
import type { ProcessUser } from './process-user.ts'
import { SecretHolders } from './secret-holders.ts'
import type { ServerProcess } from './server-process.ts'
import type { Era } from './servers.ts'
import { Spares } from './spares.ts'
import { assertUnchanged, type Order, Starts } from './starts.ts'
import type { ServiceTotals } from './totals.ts'

export interface RunnerPorts extends LauncherPorts, UnusedSessions {
  readonly leases: Leases
  readonly ownSecrets: OwnSecretsPorts
  /** As it is now. */
  readonly findService: (name: string) => Service | undefined
  /** All of them, as they are now. */
  readonly services: () => Iterable<Service>
  /** How long one waits for the end of what ran before. Default: as long as for a place. */
  readonly endingWaitMs?: number
}

/** What a process is wanted for. */
export interface Wish {
  /** Aborted when nobody waits for it any more. */
  readonly left?: AbortSignal | undefined
  /** Which it is to speak. Default: sessions. */
  readonly era?: Era
  /** Without sessions: within one person, whose requests share a process that sessions would not share. */
  readonly scope?: string
}

/** Until the first comes: what everybody shares is started for nobody in particular. */
const NOBODY: Person = { userId: '', userName: '' }

export class Runner {
  readonly #ports: RunnerPorts
  readonly #starts: Starts
  readonly #idle = new Idle<ServerProcess>()
  readonly #backoff: Backoff
  readonly #launcher: Launcher
  readonly #holders: SecretHolders
  readonly #places: Places
  readonly #spares: Spares
  readonly #timer: NodeJS.Timeout
  /** By service: what it was before a change. */
  readonly #ending = new Map<string, Promise<unknown>>()
  #launches = 0
  #isStopped = false

  constructor(ports: RunnerPorts) {
    this.#ports = ports
    this.#backoff = new Backoff(ports.clock)
    this.#launcher = new Launcher(ports, this.#backoff)
    this.#holders = new SecretHolders(ports.ownSecrets.userSecrets, ports.log)
    this.#places = new Places({
      giveWay: (full, applicant) =>
        makeWay(full, applicant, {
          ...ports,
          idle: this.#idle,
          spares: this.#spares,
          running: this.#starts.running,
          waiting: this.#places.waiting,
        }),
    })
    this.#starts = new Starts({
      leases: ports.leases,
      places: this.#places,
      findService: ports.findService,
      outdatedEnded: (service) => this.#ending.get(service),
      launch: (order) => this.#launch(order),
      endingWaitMs: ports.endingWaitMs,
    })
    this.#spares = new Spares({
      services: ports.services,
      placeFor: ({ name }) =>
        this.#places.tryTake({ service: name, userId: undefined, perService: 0 }),
      launch: async (service) => {
        await ports.hostOf(service).ready()
        assertUnchanged(service, ports)
        const launched = this.#launcher.launch(service, undefined, NO_SECRETS, 'sessions')
        launched.process.warm()
        return launched
      },
    })
    this.#timer = setInterval(() => this.#startAhead(), SPARES_BEAT_MS).unref()
    this.#startAhead()
  }

  /** What runs now: whose each is, and those that are nobody's yet. */
  get running(): { readonly processes: readonly Launched[]; readonly spares: readonly Launched[] } {
    return { processes: this.#starts.running, spares: this.#spares.all }
  }

  /** By service, since our start. */
  get totals(): ReadonlyMap<string, ServiceTotals> {
    return this.#launcher.totals.byService
  }

  /** By remote service: whether its server was reached when it was last tried. */
  get reachability(): ReadonlyMap<string, boolean> {
    return this.#ports.remotes.reachability
  }

  /** Of whoever found no place for a process: how many wait now, and how often somebody did. */
  get queue(): { readonly waiting: number; readonly waits: number } {
    return { waiting: this.#places.waiting, waits: this.#places.waits }
  }

  /**
   * The process for a session, or for requests without one, started if need be; whoever uses it is
   * among its users from then on.
   * @throws RpcFault when it cannot be started now.
   * @throws OwnedElsewhere when it is another bridge's.
   */
  async acquire(
    service: Service,
    person: Person,
    user: ProcessUser,
    { left, era = 'sessions', scope = '' }: Wish = {},
  ): Promise<ServerProcess> {
    await this.#ports.hostOf(service).ready()
    const own = asksSecrets(service) ? await this.#readSecrets(service, person) : NO_SECRETS
    const key = this.#keyOf(service, person, era, scope)
    const order: Order = { key, service, person, era, own, left, isAhead: false }
    let process = await this.#starts.provide(order)
    // A start that was under way may have begun with what was entered before.
    while (this.#holders.isOutdated(process, own.revision)) {
      this.#holders.endOutdated({ userId: person.userId, service: service.name }, own.revision)
      process = await this.#starts.provide(order)
    }
    this.#idle.remove(process)
    process.users.add(user)
    return process
  }

  /**
   * What a remote server speaks, asked with what this person would bring along.
   * @throws RpcFault when it could not be found out.
   */
  async probeRemote(service: Service, person: Person): Promise<RemoteProbe> {
    const own = asksSecrets(service) ? await this.#readSecrets(service, person) : NO_SECRETS
    const owner = service.isolation === 'shared' ? undefined : person
    return await this.#launcher.probe(service, owner, own)
  }

  /** The session has ended; resolves when a process that was its own has ended too. */
  async release(process: ServerProcess, user: ProcessUser): Promise<void> {
    process.leave(user)
    if (process.users.size > 0 || process.isStopping) return
    if (!process.isShared) {
      await process.stop(STOP_WAITS)
      return
    }
    this.#rest(process)
  }

  /** Ends what runs as it was before the change; what failed until then says nothing about what comes. */
  endOfService(name: string): void {
    const { processes, spares } = this.running
    const outdated = [...processes, ...spares].filter(
      ({ process }) => process.service.name === name,
    )
    const ending = Promise.all(outdated.map(({ process }) => process.stop(STOP_WAITS)))
    this.#ending.set(name, ending)
    void ending.then(() => {
      if (this.#ending.get(name) === ending) this.#ending.delete(name)
      const { findService, remotes } = this.#ports
      if (findService(name)?.launch.kind !== 'remote') remotes.forget(name)
    })
    this.#backoff.forget(name)
    this.#startAhead()
  }

  async stopAll(waits: StopWaits): Promise<void> {
    this.#isStopped = true
    this.#idle.stop()
    clearInterval(this.#timer)
    this.#holders.stop()
    this.#spares.stop()
    const { processes, spares } = this.running
    await Promise.all([...processes, ...spares].map(({ process }) => process.stop(waits)))
    this.#ports.remotes.stop()
  }

  /** What need not wait until somebody asks. */
  #startAhead(): void {
    this.#spares.fill()
    for (const service of this.#ports.services()) {
      if (isKept(service) && !this.#starts.has(service.name)) void this.#keep(service)
    }
  }

  async #keep(service: Service): Promise<void> {
    const order: Omit<Order, 'isAhead'> = {
      key: service.name,
      service,
      person: NOBODY,
      era: 'sessions',
      own: NO_SECRETS,
      left: undefined,
    }
    try {
      await this.#ports.hostOf(service).ready()
      const process = await this.#starts.provide({ ...order, isAhead: true })
      if (process.users.size === 0) this.#rest(process)
    } catch (error) {
      // Another bridge has it, or whoever needs it is told why there is none: the next beat tries again.
      this.#ports.log.debug({ err: error, service: service.name }, 'not started ahead of need')
    }
  }

  /** Nobody uses it now. */
  #rest(process: ServerProcess): void {
    const { service } = process
    this.#idle.add(process, isKept(service) ? undefined : service.limits.idleMs)
    this.#places.askAgain()
  }

  #launch({ service, person, era, own, isAhead }: Order): Launched {
    if (this.#isStopped) throw stopping()
    const owner = service.isolation === 'shared' ? undefined : person
    const cause = isAhead ? undefined : this.#ports.tracing?.current
    const spare = era === 'sessions' ? this.#spares.take(service) : undefined
    const launched = spare ?? this.#launcher.launch(service, owner, own, era, cause)
    const { process } = launched
    if (owner !== undefined) launched.handTo(owner)
    void process.ended.then(() => this.#idle.remove(process))
    if (asksSecrets(service)) {
      this.#holders.add(process, { userId: person.userId, service: service.name }, own.revision)
    }
    return launched
  }

  async #readSecrets(service: Service, person: Person): Promise<OwnSecrets> {
    const { ownSecrets, log } = this.#ports
    const own = await readOwnSecrets(ownSecrets, service, person, log)
    this.#holders.endOutdated({ userId: person.userId, service: service.name }, own.revision)
    requireSecrets(service, own, ownSecrets.accountPage)
    return own
  }

  /** Whoever has a space in their name must not get what belongs to another. */
  #keyOf({ name, isolation }: Service, { userId }: Person, era: Era, scope: string): string {
    if (isolation === 'shared') return era === 'sessions' ? name : `${name} ${era}`
    if (isolation === 'user') return JSON.stringify([name, era, userId])
    if (era === 'stateless') return JSON.stringify([name, era, userId, scope])
    this.#launches += 1
    return `${name} ${this.#launches}`
  }
}

/** What everybody shares is started with us, and goes on, when it has a spare. */
function isKept({ isolation, spares, launch }: Service): boolean {
  return isolation === 'shared' && spares > 0 && launch.kind === 'stdio'
}

function stopping(): RpcFault {
  return new RpcFault(503, 'refused', 'the gateway is stopping: try again later', {
    headers: { 'retry-after': '5' },
  })
}
