/**
 * How many processes there may be: of one person and service, of one person, and altogether.
 *
 * When there is no place, something that nobody uses gives way; whoever asks waits a moment in a
 * queue, in which persons take turns, and is told then what is full and what to do.
 */

import { RpcFault } from '../json-rpc.ts'
import {
  PLACE_WAIT_MS,
  PROCESSES_MAX,
  PROCESSES_PER_USER_MAX,
  WAITING_MAX,
  WAITING_PER_USER_MAX,
} from '../limits.ts'

export interface Applicant {
  readonly service: string
  /** `sub` of the person; undefined for a process that everybody shares, or that is nobody's yet. */
  readonly userId: string | undefined
  /** Of this service, for one person. */
  readonly perService: number
}

/** What is full. */
export type Full = 'all' | 'user' | 'service'

/** Given back once, when nothing is left of the process. */
export interface Place {
  release(): void
}

export interface PlacesOptions {
  /** Asks something unused to end; its place becomes free when it has ended. */
  readonly giveWay: (full: Full, applicant: Applicant) => void
  readonly max?: number
  readonly perUserMax?: number
  readonly waitMs?: number
}

interface Waiting {
  readonly applicant: Applicant
  readonly admit: () => void
}

export class Places {
  readonly #options: Required<PlacesOptions>
  readonly #taken = new Map<string, number>()
  /** By person: those who wait, the person whose turn is next first. */
  readonly #queues = new Map<string, Waiting[]>()
  /** How often somebody had to wait. */
  waits = 0
  #waiting = 0

  constructor(options: PlacesOptions) {
    this.#options = {
      max: PROCESSES_MAX,
      perUserMax: PROCESSES_PER_USER_MAX,
      waitMs: PLACE_WAIT_MS,
      ...options,
    }
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting
  }

  /** Now or not at all. */
  tryTake(applicant: Applicant): Place | undefined {
    return this.#isFull(applicant) === undefined ? this.#give(applicant) : undefined
  }

  /**
   * @param left aborted when whoever asks has gone.
   * @throws RpcFault 429 or 503 when none became free in time.
   */
  async take(applicant: Applicant, left?: AbortSignal): Promise<Place> {
    const full = this.#isFull(applicant)
    if (full === undefined) return this.#give(applicant)
    const person = applicant.userId ?? ''
    const queue = this.#queues.get(person) ?? []
    if (queue.length >= WAITING_PER_USER_MAX || this.#waiting >= WAITING_MAX) {
      throw toFault(full, applicant)
    }
    const place = this.#wait(person, applicant, left)
    this.#options.giveWay(full, applicant)
    return await place
  }

  /** Something has become unused: whoever waits for a place may have that one. */
  askAgain(): void {
    for (const [first] of this.#queues.values()) {
      const full = first && this.#isFull(first.applicant)
      if (first && full) this.#options.giveWay(full, first.applicant)
    }
  }

  async #wait(person: string, applicant: Applicant, left?: AbortSignal): Promise<Place> {
    const { promise, resolve, reject } = Promise.withResolvers<Place>()
    const waiting: Waiting = { applicant, admit: () => resolve(this.#give(applicant)) }
    this.#queues.set(person, [...(this.#queues.get(person) ?? []), waiting])
    this.#waiting += 1
    this.waits += 1
    const giveUp = (): void => {
      this.#leave(person, waiting)
      reject(toFault(this.#isFull(applicant) ?? 'all', applicant))
    }
    const timer = setTimeout(giveUp, this.#options.waitMs).unref()
    left?.addEventListener('abort', giveUp)
    if (left?.aborted) giveUp()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      left?.removeEventListener('abort', giveUp)
    }
  }

  #give({ service, userId }: Applicant): Place {
    const names = namesOf(service, userId)
    for (const name of names) this.#count(name, 1)
    let isHeld = true
    return {
      release: () => {
        if (!isHeld) return
        isHeld = false
        for (const name of names) this.#count(name, -1)
        this.#admitNext()
      },
    }
  }

  #isFull({ service, userId, perService }: Applicant): Full | undefined {
    const { max, perUserMax } = this.#options
    const [all = '', user, ofService] = namesOf(service, userId)
    if (ofService !== undefined && this.#countOf(ofService) >= perService) return 'service'
    if (user !== undefined && this.#countOf(user) >= perUserMax) return 'user'
    return this.#countOf(all) >= max ? 'all' : undefined
  }

  #admitNext(): void {
    for (const [person, queue] of this.#queues) {
      const next = queue.find(({ applicant }) => this.#isFull(applicant) === undefined)
      if (next === undefined) continue
      this.#leave(person, next)
      // Others first, the next time.
      const rest = this.#queues.get(person)
      if (rest !== undefined) {
        this.#queues.delete(person)
        this.#queues.set(person, rest)
      }
      next.admit()
      return
    }
  }

  #leave(person: string, waiting: Waiting): void {
    const queue = this.#queues.get(person) ?? []
    if (!queue.includes(waiting)) return
    const rest = queue.filter((one) => one !== waiting)
    if (rest.length === 0) this.#queues.delete(person)
    else this.#queues.set(person, rest)
    this.#waiting -= 1
  }

  #countOf(name: string): number {
    return this.#taken.get(name) ?? 0
  }

  #count(name: string, change: 1 | -1): void {
    const count = this.#countOf(name) + change
    if (count === 0) this.#taken.delete(name)
    else this.#taken.set(name, count)
  }
}

/** What a process counts for: all, its person, its person's of the service. */
function namesOf(service: string, userId: string | undefined): readonly string[] {
  if (userId === undefined) return ['all']
  return ['all', `user ${userId}`, `service ${JSON.stringify([service, userId])}`]
}

function toFault(full: Full, { service, perService }: Applicant): RpcFault {
  if (full === 'all') return refusal(503, 'too many servers are running: try again later')
  const what =
    full === 'user'
      ? `you have ${PROCESSES_PER_USER_MAX} servers running`
      : `you have ${perService} servers of the service ${service} running`
  return refusal(429, `${what}: end some sessions with DELETE, or try again later`)
}

function refusal(status: number, message: string): RpcFault {
  return new RpcFault(status, 'refused', message, { headers: { 'retry-after': '30' } })
}
