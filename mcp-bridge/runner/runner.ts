/**
 * Starts stdio servers and hands them out: one for each session, one for each user, or one for all.
 *
 * The key of a process says who shares it. A process that is ending still holds its key, so there
 * are never two for one key: some servers lose data when two write the same file.
 */

import { startsAlike } from '../../lib/catalogue/changes.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import type { StopWaits } from '../../lib/platform/process-group.ts'
import { RpcFault } from '../json-rpc.ts'
import type { Lease, LeaseSubject, Leases } from '../leases.ts'
import { SPARES_BEAT_MS, STOP_WAITS } from '../limits.ts'
import type { RemoteProbe } from '../remote/probe.ts'
import { Backoff } from './backoff.ts'
import { Idle } from './idle.ts'
import type { Person } from './launch-plan.ts'
import { type Launched, Launcher, type LauncherPorts } from './launcher.ts'
import {
  asksSecrets,
  NO_SECRETS,
  type OwnSecrets,
  type OwnSecretsPorts,
  readOwnSecrets,
  requireSecrets,
} from './own-secrets.ts'
import { type Applicant, type Full, type Place, Places } from './places.ts'
import type { ProcessUser } from './process-user.ts'
import { SecretHolders } from './secret-holders.ts'
import type { ServerProcess } from './server-process.ts'
import type { Era } from './servers.ts'
import { Spares } from './spares.ts'
import type { ServiceTotals } from './totals.ts'

export interface RunnerPorts extends LauncherPorts {
  readonly leases: Leases
  readonly ownSecrets: OwnSecretsPorts
  /** As it is now. */
  readonly findService: (name: string) => Service | undefined
  /** All of them, as they are now. */
  readonly services: () => Iterable<Service>
  /** Ends a session of the person that has not been used for a while, if there is one. */
  readonly endUnused: (userId: string, service: string | undefined) => void
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

/** Everything that a launch needs to know. */
interface Order {
  readonly key: string
  readonly service: Service
  readonly person: Person
  readonly era: Era
  readonly own: OwnSecrets
  /** Whoever wants it, unless that is nobody yet. */
  readonly left: AbortSignal | undefined
  readonly isAhead: boolean
}

/** A process on its way. */
interface Coming {
  readonly process: Promise<ServerProcess>
  readonly isAhead: boolean
}

/** Until the first comes: what everybody shares is started for nobody in particular. */
const NOBODY: Person = { userId: '', userName: '' }

export class Runner {
  readonly #ports: RunnerPorts
  readonly #processes = new Map<string, Launched>()
  readonly #idle = new Idle<ServerProcess>()
  /** By key: what waits for its place, or has just been started. */
  readonly #coming = new Map<string, Coming>()
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
    this.#places = new Places({ giveWay: (full, applicant) => this.#giveWay(full, applicant) })
    this.#spares = new Spares({
      services: ports.services,
      placeFor: ({ name }) =>
        this.#places.tryTake({ service: name, userId: undefined, perService: 0 }),
      launch: async (service) => {
        await ports.hostOf(service).ready()
        assertUnchanged(service, ports)
        return this.#launcher.launch(service, undefined, NO_SECRETS, 'sessions')
      },
    })
    this.#timer = setInterval(() => this.#startAhead(), SPARES_BEAT_MS).unref()
    this.#startAhead()
  }

  /** What runs now: whose each is, and those that are nobody's yet. */
  get running(): { readonly processes: readonly Launched[]; readonly spares: readonly Launched[] } {
    return { processes: [...this.#processes.values()], spares: this.#spares.all }
  }

  /** By service, since our start. */
  get totals(): ReadonlyMap<string, ServiceTotals> {
    return this.#launcher.totals.byService
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
    const process = await this.#provide({ key, service, person, era, own, left, isAhead: false })
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
      if (isKept(service) && !this.#processes.has(service.name)) void this.#keep(service)
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
      const process = await this.#provide({ ...order, isAhead: true })
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

  /** Whoever asks for the same at the same time waits with the first, for one lease and one place. */
  async #provide(order: Order): Promise<ServerProcess> {
    const { key, isAhead } = order
    let coming = this.#coming.get(key)
    // What was not started ahead for want of a place may still be started for somebody.
    if (coming === undefined || (coming.isAhead && !isAhead)) {
      await coming?.process.catch(() => {})
      coming = this.#coming.get(key) ?? this.#come(order)
    }
    return await coming.process
  }

  #come(order: Order): Coming {
    const { key, isAhead } = order
    const process = this.#findOrStart(order).finally(() => this.#coming.delete(key))
    const coming = { process, isAhead }
    this.#coming.set(key, coming)
    return coming
  }

  /** One at a time for each key. @throws OwnedElsewhere */
  async #findOrStart(order: Order): Promise<ServerProcess> {
    const { key, service } = order
    for (;;) {
      // Whoever shares a process may be others now: the keys alone would not keep the two apart.
      await this.#ending.get(service.name)
      assertUnchanged(service, this.#ports)
      const held = await this.#findRunning(key)
      if (held !== undefined) return held
      const isOwn = service.isolation === 'session'
      const lease = isOwn ? undefined : await this.#ports.leases.take(toSubject(order))
      const process = await this.#start(order, lease)
      if (process !== undefined) return process
    }
  }

  /** Undefined when the lease was lost before there was a place. */
  async #start(order: Order, lease: Lease | undefined): Promise<ServerProcess | undefined> {
    try {
      const place = await this.#takePlace(order)
      if (lease?.lost.aborted !== true) {
        const process = this.#begin(order, place)
        if (lease !== undefined) endWith(lease, process)
        return process
      }
      place.release()
    } catch (error) {
      await lease?.release()
      throw error
    }
    await lease.release()
    return undefined
  }

  async #takePlace({ service, person, era, isAhead, left }: Order): Promise<Place> {
    const userId = service.isolation === 'shared' ? undefined : person.userId
    const applicant = { service: service.name, userId, perService: service.limits.processesPerUser }
    // Others may wait for the same one when this client leaves.
    const isOwn = service.isolation === 'session' && era === 'sessions'
    if (!isAhead) return await this.#places.take(applicant, isOwn ? left : undefined)
    const place = this.#places.tryTake(applicant)
    if (place === undefined) throw new RpcFault(503, 'refused', 'there is no place to spare')
    return place
  }

  async #findRunning(key: string): Promise<ServerProcess | undefined> {
    let held = this.#processes.get(key)?.process
    while (held?.isStopping) {
      await held.ended
      held = this.#processes.get(key)?.process
    }
    return held
  }

  #begin({ key, service, person, era, own }: Order, place: Place): ServerProcess {
    try {
      assertUnchanged(service, this.#ports)
      if (this.#isStopped) throw stopping()
      const owner = service.isolation === 'shared' ? undefined : person
      const spare = era === 'sessions' ? this.#spares.take(service) : undefined
      const launched = spare ?? this.#launcher.launch(service, owner, own, era)
      const { process } = launched
      if (owner !== undefined) launched.handTo(owner)
      this.#processes.set(key, launched)
      void process.ended.then(() => {
        this.#processes.delete(key)
        this.#idle.remove(process)
        place.release()
      })
      if (asksSecrets(service)) {
        this.#holders.add(process, { userId: person.userId, service: service.name }, own.revision)
      }
      return process
    } catch (error) {
      place.release()
      throw error
    }
  }

  /** What nobody uses ends: spares first, then what is idle, then a session that was left behind. */
  #giveWay(full: Full, { service, userId }: Applicant): void {
    if (full === 'all' && this.#spares.giveWay()) return
    const isMeant = (process: ServerProcess): boolean =>
      full === 'all' ||
      (this.#isOf(process, userId) && (full === 'user' || process.service.name === service))
    if (this.#idle.endOne(isMeant) || userId === undefined) return
    this.#ports.endUnused(userId, full === 'service' ? service : undefined)
  }

  #isOf(process: ServerProcess, userId: string | undefined): boolean {
    const launched = [...this.#processes.values()].find((one) => one.process === process)
    return userId !== undefined && launched?.userId === userId
  }

  async #readSecrets(service: Service, person: Person): Promise<OwnSecrets> {
    const { ownSecrets, log } = this.#ports
    const own = await readOwnSecrets(ownSecrets, service, person, log)
    this.#holders.endOutdated({ userId: person.userId, service: service.name }, own.revision)
    requireSecrets(service, own, ownSecrets.accountPage)
    return own
  }

  #keyOf({ name, isolation }: Service, { userId }: Person, era: Era, scope: string): string {
    const suffix = era === 'sessions' ? '' : ' stateless'
    if (isolation === 'shared') return `${name}${suffix}`
    if (isolation === 'user') return `${name} ${userId}${suffix}`
    if (era === 'stateless') return `${name} ${userId}${suffix} ${scope}`
    this.#launches += 1
    return `${name} ${userId} ${this.#launches}`
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

function toSubject({ service: { name, isolation }, person, era }: Order): LeaseSubject {
  return { service: name, user: isolation === 'user' ? person.userId : undefined, era }
}

/** The lease lasts as long as the process, and the process no longer than the lease. */
function endWith(lease: Lease, process: ServerProcess): void {
  void process.ended.then(() => lease.release())
  const stop = (): void => void process.stop(STOP_WAITS)
  if (lease.lost.aborted) stop()
  else lease.lost.addEventListener('abort', stop)
}

/** A request can be on its way for long: what it found at first must not be started any more. */
export function assertUnchanged(
  service: Service,
  { findService }: Pick<RunnerPorts, 'findService'>,
): void {
  const now = findService(service.name)
  if (now !== undefined && startsAlike(service, now)) return
  const message = `the service ${service.name} has just been changed: begin again`
  throw new RpcFault(503, 'refused', message, { headers: { 'retry-after': '1' } })
}
