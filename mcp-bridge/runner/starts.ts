/**
 * One process for each key, however many ask at once: found, or started with its lease and its place.
 *
 * A process that is ending still holds its key, so there are never two for one key: some servers lose
 * data when two write the same file.
 */

import { startsAlike } from '../../lib/catalogue/changes.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import { RpcFault } from '../json-rpc.ts'
import type { Lease, LeaseSubject, Leases } from '../leases.ts'
import { PLACE_WAIT_MS, STOP_WAITS } from '../limits.ts'
import { waitForEnd } from './ending-wait.ts'
import type { Person } from './launch-plan.ts'
import type { Launched } from './launcher.ts'
import type { OwnSecrets } from './own-secrets.ts'
import type { Place, Places } from './places.ts'
import type { ServerProcess } from './server-process.ts'
import type { Era } from './servers.ts'

export interface StartsPorts {
  readonly leases: Leases
  readonly places: Places
  /** As it is now. */
  readonly findService: (name: string) => Service | undefined
  /** Resolves when what the service was before a change has ended. */
  readonly outdatedEnded: (service: string) => Promise<unknown> | undefined
  /** @throws RpcFault when it cannot be started now. */
  readonly launch: (order: Order) => Launched
  /** How long one waits for the end of what ran before. Default: as long as for a place. */
  readonly endingWaitMs?: number | undefined
}

/** Everything that a launch needs to know. */
export interface Order {
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

const NO_PLACE: Place = { release: () => {} }

export class Starts {
  readonly #ports: StartsPorts
  readonly #running = new Map<string, Launched>()
  /** By key: what waits for its place, or has just been started. */
  readonly #coming = new Map<string, Coming>()

  constructor(ports: StartsPorts) {
    this.#ports = ports
  }

  get running(): readonly Launched[] {
    return [...this.#running.values()]
  }

  has(key: string): boolean {
    return this.#running.has(key)
  }

  /**
   * Whoever asks for the same at the same time waits with the first, for one lease and one place.
   * @throws RpcFault or OwnedElsewhere.
   */
  async provide(order: Order): Promise<ServerProcess> {
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

  /** One at a time for each key. */
  async #findOrStart(order: Order): Promise<ServerProcess> {
    const { service } = order
    for (;;) {
      // Whoever shares a process may be others now: the keys alone would not keep the two apart.
      await this.#over(service, this.#ports.outdatedEnded(service.name))
      assertUnchanged(service, this.#ports)
      const held = await this.#findRunning(order)
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
    // What runs elsewhere takes no room here: sessions are bounded anyway.
    if (service.launch.kind === 'remote') return NO_PLACE
    const userId = service.isolation === 'shared' ? undefined : person.userId
    const applicant = { service: service.name, userId, perService: service.limits.processesPerUser }
    // Others may wait for the same one when this client leaves.
    const isOwn = service.isolation === 'session' && era === 'sessions'
    if (!isAhead) return await this.#ports.places.take(applicant, isOwn ? left : undefined)
    const place = this.#ports.places.tryTake(applicant)
    if (place === undefined) throw new RpcFault(503, 'refused', 'there is no place to spare')
    return place
  }

  async #findRunning({ key, service }: Order): Promise<ServerProcess | undefined> {
    let held = this.#running.get(key)?.process
    while (held?.isStopping) {
      await this.#over(service, held.ended)
      held = this.#running.get(key)?.process
    }
    return held
  }

  async #over({ name }: Service, ending: Promise<unknown> | undefined): Promise<void> {
    if (ending === undefined) return
    await waitForEnd(name, ending, this.#ports.endingWaitMs ?? PLACE_WAIT_MS)
  }

  #begin(order: Order, place: Place): ServerProcess {
    try {
      assertUnchanged(order.service, this.#ports)
      const launched = this.#ports.launch(order)
      this.#running.set(order.key, launched)
      void launched.process.ended.then(() => {
        this.#running.delete(order.key)
        place.release()
      })
      return launched.process
    } catch (error) {
      place.release()
      throw error
    }
  }
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
  { findService }: Pick<StartsPorts, 'findService'>,
): void {
  const now = findService(service.name)
  if (now !== undefined && startsAlike(service, now)) return
  const message = `the service ${service.name} has just been changed: begin again`
  throw new RpcFault(503, 'refused', message, { headers: { 'retry-after': '1' } })
}
