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
import { Backoff } from './backoff.ts'
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
import { Spares } from './spares.ts'

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

/** Everything that a launch needs to know. */
interface Order {
  readonly key: string
  readonly service: Service
  readonly person: Person
  readonly own: OwnSecrets
}

export class Runner {
  readonly #ports: RunnerPorts
  readonly #processes = new Map<string, Launched>()
  /** The one that was unused for the longest time first. */
  readonly #idle = new Map<ServerProcess, NodeJS.Timeout>()
  readonly #backoff: Backoff
  readonly #launcher: Launcher
  readonly #holders: SecretHolders
  readonly #places: Places
  readonly #spares: Spares
  readonly #timer: NodeJS.Timeout
  /** By service: what it was before a change. */
  readonly #ending = new Map<string, Promise<unknown>>()
  #launches = 0

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
        return this.#launcher.launch(service, undefined, NO_SECRETS)
      },
    })
    this.#timer = setInterval(() => this.#spares.fill(), SPARES_BEAT_MS).unref()
    this.#spares.fill()
  }

  /** What runs now: whose each is, and those that are nobody's yet. */
  get running(): { readonly processes: readonly Launched[]; readonly spares: readonly Launched[] } {
    return { processes: [...this.#processes.values()], spares: this.#spares.all }
  }

  /**
   * The process for a session, started if need be; the session is among its users from then on.
   * @throws RpcFault when it cannot be started now.
   */
  async acquire(service: Service, person: Person, user: ProcessUser): Promise<ServerProcess> {
    await this.#ports.hostOf(service).ready()
    const own = asksSecrets(service) ? await this.#readSecrets(service, person) : NO_SECRETS
    const key = this.#keyOf(service, person)
    // Whoever shares a process may be others now: the keys alone would not keep the two apart.
    await this.#ending.get(service.name)
    const lease = await this.#own(key, service, person)
    try {
      const process = await this.#obtain({ key, service, person, own })
      if (lease !== undefined) endWith(lease, process)
      clearTimeout(this.#idle.get(process))
      this.#idle.delete(process)
      process.users.add(user)
      return process
    } catch (error) {
      await lease?.release()
      throw error
    }
  }

  /** The session has ended; resolves when a process that was its own has ended too. */
  async release(process: ServerProcess, user: ProcessUser): Promise<void> {
    process.leave(user)
    if (process.users.size > 0 || process.isStopping) return
    if (!process.isShared) {
      await process.stop(STOP_WAITS)
      return
    }
    const stop = (): void => {
      this.#idle.delete(process)
      void process.stop(STOP_WAITS)
    }
    clearTimeout(this.#idle.get(process))
    this.#idle.delete(process)
    this.#idle.set(process, setTimeout(stop, process.service.limits.idleMs))
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
    this.#spares.fill()
  }

  async stopAll(waits: StopWaits): Promise<void> {
    for (const timer of this.#idle.values()) clearTimeout(timer)
    clearInterval(this.#timer)
    this.#holders.stop()
    this.#spares.stop()
    const { processes, spares } = this.running
    await Promise.all([...processes, ...spares].map(({ process }) => process.stop(waits)))
  }

  /** Nothing that runs already, or that is ending, is owned anew. @throws OwnedElsewhere */
  async #own(key: string, service: Service, person: Person): Promise<Lease | undefined> {
    for (;;) {
      const held = await this.#findRunning(key)
      if (held !== undefined || service.isolation === 'session') return undefined
      const lease = await this.#ports.leases.take(toSubject(service, person))
      if (!this.#processes.has(key)) return lease
      // Somebody was quicker.
      await lease.release()
    }
  }

  /** The one of this key, started when there is a place for it. */
  async #obtain(order: Order): Promise<ServerProcess> {
    const { key, service, person } = order
    const userId = service.isolation === 'shared' ? undefined : person.userId
    const applicant = { service: service.name, userId, perService: service.limits.processesPerUser }
    for (;;) {
      assertUnchanged(service, this.#ports)
      const held = await this.#findRunning(key)
      if (held !== undefined) return held
      const place = await this.#places.take(applicant)
      // Others may have been quicker while this one waited.
      if (!this.#processes.has(key)) return this.#begin(order, place)
      place.release()
    }
  }

  async #findRunning(key: string): Promise<ServerProcess | undefined> {
    let held = this.#processes.get(key)?.process
    while (held?.isStopping) {
      await held.ended
      held = this.#processes.get(key)?.process
    }
    return held
  }

  #begin({ key, service, person, own }: Order, place: Place): ServerProcess {
    try {
      assertUnchanged(service, this.#ports)
      const owner = service.isolation === 'shared' ? undefined : person
      const launched = this.#spares.take(service) ?? this.#launcher.launch(service, owner, own)
      const { process } = launched
      launched.handTo(person)
      this.#processes.set(key, launched)
      void process.ended.then(() => {
        this.#processes.delete(key)
        clearTimeout(this.#idle.get(process))
        this.#idle.delete(process)
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
    for (const [process, timer] of this.#idle) {
      const isTheirs = full === 'all' || this.#isOf(process, userId)
      if (!isTheirs || (full === 'service' && process.service.name !== service)) continue
      clearTimeout(timer)
      this.#idle.delete(process)
      void process.stop(STOP_WAITS)
      return
    }
    if (userId !== undefined)
      this.#ports.endUnused(userId, full === 'service' ? service : undefined)
  }

  #isOf(process: ServerProcess, userId: string | undefined): boolean {
    const key = `${process.service.name} ${userId}`
    return this.#processes.get(key)?.process === process
  }

  async #readSecrets(service: Service, person: Person): Promise<OwnSecrets> {
    const { ownSecrets, log } = this.#ports
    const own = await readOwnSecrets(ownSecrets, service, person, log)
    this.#holders.endOutdated({ userId: person.userId, service: service.name }, own.revision)
    requireSecrets(service, own, ownSecrets.accountPage)
    return own
  }

  #keyOf(service: Service, { userId }: Person): string {
    if (service.isolation === 'shared') return service.name
    if (service.isolation === 'user') return `${service.name} ${userId}`
    this.#launches += 1
    return `${service.name} ${userId} ${this.#launches}`
  }
}

function toSubject({ name, isolation }: Service, { userId }: Person): LeaseSubject {
  return { service: name, user: isolation === 'user' ? userId : undefined }
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
