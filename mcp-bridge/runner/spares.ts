/**
 * Processes started ahead of need (`spares`), so that nobody waits for a slow start.
 *
 * Nothing but a ping is said to a spare: the session that gets it begins it, as if it had just been started.
 * They are started one after the other, a moment after the last real start, and are the first to give way.
 */

import { startsAlike } from '../../lib/catalogue/changes.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import { SPARE_PAUSE_MS, STOP_WAITS } from '../limits.ts'
import type { Launched } from './launcher.ts'
import type { Place } from './places.ts'

interface Spare {
  readonly launched: Launched
  readonly place: Place
}

export interface SparesPorts {
  /** As they are now. */
  readonly services: () => Iterable<Service>
  /** A place for one that is nobody's, if there is one to spare. */
  readonly placeFor: (service: Service) => Place | undefined
  /** @throws RpcFault while it must not be started. */
  readonly launch: (service: Service) => Promise<Launched>
}

export class Spares {
  readonly #ports: SparesPorts
  readonly #pauseMs: number
  readonly #spares = new Map<string, readonly Spare[]>()
  #timer: NodeJS.Timeout | undefined
  #isFilling = false
  #isStopped = false

  constructor(ports: SparesPorts, pauseMs = SPARE_PAUSE_MS) {
    this.#ports = ports
    this.#pauseMs = pauseMs
  }

  get all(): readonly Launched[] {
    return [...this.#spares.values()].flat().map(({ launched }) => launched)
  }

  /** One that is ready, if there is any; its place is free again. */
  take(service: Service): Launched | undefined {
    const spare = this.#of(service).find(({ launched: { process } }) => isOf(process, service))
    if (spare === undefined) return undefined
    this.#remove(service.name, spare)
    this.fill()
    return spare.launched
  }

  /** Starts what is missing, when nobody was started for a moment. */
  fill(): void {
    if (this.#isStopped || this.#isFilling) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#fillOne(), this.#pauseMs).unref()
  }

  /** Ends one of any service; false when there is none. */
  giveWay(): boolean {
    const spare = this.all.find(({ process }) => !process.isStopping)
    if (spare === undefined) return false
    void spare.process.stop(STOP_WAITS)
    return true
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #fillOne(): Promise<void> {
    this.#isFilling = true
    const isAdded = await this.#addMissing()
    this.#isFilling = false
    if (isAdded) this.fill()
  }

  /** One at most, of the first service that lacks one and can be started. */
  async #addMissing(): Promise<boolean> {
    for (const service of this.#ports.services()) {
      if (this.#of(service).length >= service.spares || !hasSpares(service)) continue
      if (await this.#add(service)) return true
    }
    return false
  }

  async #add(service: Service): Promise<boolean> {
    const place = this.#ports.placeFor(service)
    if (place === undefined) return false
    try {
      const launched = await this.#ports.launch(service)
      const spare = { launched, place }
      this.#spares.set(service.name, [...this.#of(service), spare])
      void launched.process.ended.then(() => this.#remove(service.name, spare))
      if (this.#isStopped) void launched.process.stop(STOP_WAITS)
      return true
    } catch {
      // It cannot be started now: whoever needs one is told why; the next beat tries again.
      place.release()
      return false
    }
  }

  #of({ name }: Pick<Service, 'name'>): readonly Spare[] {
    return this.#spares.get(name) ?? []
  }

  #remove(name: string, spare: Spare): void {
    spare.place.release()
    const rest = this.#of({ name }).filter((one) => one !== spare)
    if (rest.length === 0) this.#spares.delete(name)
    else this.#spares.set(name, rest)
  }
}

function isOf(process: Launched['process'], service: Service): boolean {
  return !process.isStopping && startsAlike(process.service, service)
}

/** One that everybody shares is kept running itself (runner.ts). */
function hasSpares({ spares, isolation, launch }: Service): boolean {
  return spares > 0 && isolation !== 'shared' && launch.kind === 'stdio'
}
