/**
 * Processes started ahead of need (`spares`), so that nobody waits for a slow start.
 *
 * Nothing is said to a spare: the session that gets it begins it, as if it had just been started.
 * They are started one after the other, while nobody waits for a start, and are the first to give way.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import { SPARE_PAUSE_MS, STOP_WAITS } from '../limits.ts'
import type { Launched } from './launcher.ts'
import type { Place } from './places.ts'

interface Spare extends Launched {
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
  readonly #spares = new Map<string, Spare[]>()
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(ports: SparesPorts) {
    this.#ports = ports
  }

  get all(): readonly Launched[] {
    return [...this.#spares.values()].flat()
  }

  /** One that is ready, if there is any; its place is free again. */
  take(service: Service): Launched | undefined {
    const spare = this.#of(service).find(({ process }) => !process.isStopping)
    if (spare === undefined) return undefined
    this.#remove(service.name, spare)
    this.fill()
    return spare
  }

  /** Starts what is missing, a little later. */
  fill(): void {
    if (this.#isStopped) return
    this.#timer ??= setTimeout(() => void this.#fillOne(), SPARE_PAUSE_MS).unref()
  }

  /** Ends one of any service; false when there is none. */
  giveWay(): boolean {
    const [name, spares = []] = [...this.#spares].find(([, { length }]) => length > 0) ?? []
    const [spare] = spares
    if (name === undefined || spare === undefined) return false
    void spare.process.stop(STOP_WAITS)
    return true
  }

  endOfService(name: string): readonly Launched[] {
    return this.#spares.get(name) ?? []
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #fillOne(): Promise<void> {
    try {
      for (const service of this.#ports.services()) {
        if (this.#of(service).length >= service.spares || !hasSpares(service)) continue
        if (await this.#add(service)) {
          this.#timer = undefined
          this.fill()
          return
        }
      }
    } catch {
      // It cannot be started now: whoever needs one is told why; the next beat tries again.
    }
    this.#timer = undefined
  }

  async #add(service: Service): Promise<boolean> {
    const place = this.#ports.placeFor(service)
    if (place === undefined) return false
    try {
      const launched = await this.#ports.launch(service)
      const spare = { ...launched, place }
      this.#spares.set(service.name, [...this.#of(service), spare])
      void launched.process.ended.then(() => this.#remove(service.name, spare))
      if (this.#isStopped) void launched.process.stop(STOP_WAITS)
      return true
    } catch (error) {
      place.release()
      throw error
    }
  }

  #of({ name }: Pick<Service, 'name'>): Spare[] {
    return this.#spares.get(name) ?? []
  }

  #remove(name: string, spare: Spare): void {
    spare.place.release()
    const rest = this.#of({ name }).filter((one) => one !== spare)
    if (rest.length === 0) this.#spares.delete(name)
    else this.#spares.set(name, rest)
  }
}

/** One that everybody shares is itself kept running, see the runner. */
export function hasSpares({ spares, isolation, launch }: Service): boolean {
  return spares > 0 && isolation !== 'shared' && launch.kind === 'stdio'
}
