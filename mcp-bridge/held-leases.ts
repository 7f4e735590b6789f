/**
 * The leases of this bridge process: taken in the store, renewed together, and lost in time.
 *
 * What counts is the moment at which a renewal was sent: the store's own count begins later. An owner
 * that could not renew gives up well before the end, so that its processes can end in order; whoever
 * watches over them ends them before it in any case, also while we are frozen.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../lib/platform/log.ts'
import { RpcFault } from './json-rpc.ts'
import { type Lease, type LeaseSubject, type Leases, OwnedElsewhere } from './leases.ts'
import { ageOf, type Moment, momentNow } from './moment.ts'
import { type Claimed, type LeaseRecords, leaseKeyOf } from './store/leases.ts'

export interface HeldLeasesOptions {
  readonly records: LeaseRecords
  readonly termMs: number
  /** Everything that runs under a lease ends within so long unless this is called again before; Infinity: with us. */
  readonly holdChildren: (withinMs: number) => void
  /** The process that had our name before, when it may have left leases. */
  readonly predecessor: string | undefined
  /** Whether nothing is left of what it started for the service; false where that cannot be seen. */
  readonly isGone: (service: string) => Promise<boolean>
  readonly log: Log
}

/**
 * Parts of the term. What stops in steps needs three seconds of the ten; a store that is restarted should
 * be back before anything has to stop, so that a renewal that failed is tried again soon.
 */
const TRIED_EACH = 0.05
const RENEWED_AFTER = 0.1
const LOST_AFTER = 0.55
const ENDED_AFTER = 0.85
/** Whoever asks waits for what ends by itself, and a little longer. */
const WAIT_TERMS = 1.3
const LOOK_MS = 250

interface Held {
  readonly key: string
  readonly subject: LeaseSubject
  readonly fence: number
  readonly lost: AbortController
  readonly given: Set<Lease>
  /** When its last renewal was sent. */
  renewedAt: Moment
}

export class HeldLeases implements Leases {
  readonly #options: HeldLeasesOptions
  readonly #held = new Map<string, Held>()
  readonly #claims = new Map<string, Promise<Held>>()
  /** Lost, while something may still run under them. */
  readonly #lost = new Map<string, Held>()
  #renewing: NodeJS.Timeout | undefined
  #losing: NodeJS.Timeout | undefined
  #isAsking = false
  #isReported = false

  constructor(options: HeldLeasesOptions) {
    this.#options = options
  }

  /** Makes the store's count begin. @throws when it does not answer. */
  async begin(): Promise<void> {
    await this.#options.records.renew([])
  }

  async take(subject: LeaseSubject): Promise<Lease> {
    const key = leaseKeyOf(subject)
    for (;;) {
      const held = await this.#claimOnce(key, subject)
      // It may have been given back, or lost, by the time that we hear of it.
      if (this.#held.get(key) === held) return this.#give(held)
    }
  }

  /** Ends them: to be called when nothing runs any more. */
  async stop(): Promise<void> {
    clearInterval(this.#renewing)
    clearTimeout(this.#losing)
    const all = [...this.#held.values(), ...this.#lost.values()]
    this.#held.clear()
    await Promise.allSettled(all.map((held) => this.#options.records.release(held)))
  }

  /** All of them, e.g. because another process has taken our name. */
  loseAll(): void {
    for (const held of this.#held.values()) this.#lose(held)
    this.#watch()
  }

  /** One claim at a time: a second one would outdate the fencing number of the first. */
  async #claimOnce(key: string, subject: LeaseSubject): Promise<Held> {
    const claim = this.#claims.get(key) ?? this.#claim(key, subject)
    this.#claims.set(key, claim)
    try {
      return await claim
    } finally {
      if (this.#claims.get(key) === claim) this.#claims.delete(key)
    }
  }

  async #claim(key: string, subject: LeaseSubject): Promise<Held> {
    const start = momentNow()
    let heirOf: string | undefined
    while (ageOf(start) < this.#options.termMs * WAIT_TERMS) {
      const held = this.#held.get(key)
      if (held !== undefined) return held
      const renewedAt = momentNow()
      const claimed = await this.#ask(key, heirOf)
      if (claimed.kind === 'taken') {
        return this.#hold({ key, subject, fence: claimed.fence, renewedAt })
      }
      if (claimed.kind === 'held') heirOf = await this.#inherit(claimed.instance, subject)
      if (heirOf === undefined) await sleep(LOOK_MS)
    }
    throw unavailable()
  }

  async #ask(key: string, heirOf: string | undefined): Promise<Claimed> {
    // Until nothing runs any more under the one that we have lost.
    if (this.#lost.has(key)) return { kind: 'wait' }
    try {
      return await this.#options.records.take({ key, heirOf })
    } catch (cause) {
      throw unavailable(cause)
    }
  }

  /** Whose lease may be taken over at once. @throws OwnedElsewhere for one that another bridge has. */
  async #inherit(instance: string, { service }: LeaseSubject): Promise<string | undefined> {
    const { predecessor, isGone } = this.#options
    if (instance !== predecessor) throw new OwnedElsewhere(instance)
    return (await isGone(service)) ? predecessor : undefined
  }

  #hold(taken: Omit<Held, 'lost' | 'given'>): Held {
    const held = { ...taken, lost: new AbortController(), given: new Set<Lease>() }
    this.#held.set(held.key, held)
    this.#renewing ??= setInterval(
      () => void this.#renew(),
      this.#options.termMs * TRIED_EACH,
    ).unref()
    this.#watch()
    return held
  }

  #give(held: Held): Lease {
    const lease: Lease = {
      fence: held.fence,
      lost: held.lost.signal,
      release: async () => {
        if (!held.given.delete(lease) || held.given.size > 0) return
        await this.#release(held)
      },
    }
    held.given.add(lease)
    return lease
  }

  async #release(held: Held): Promise<void> {
    for (const all of [this.#held, this.#lost]) {
      if (all.get(held.key) === held) all.delete(held.key)
    }
    this.#watch()
    // Where the store does not hear of it, it ends by itself.
    await this.#options.records.release(held).catch((error: unknown) => this.#report(error))
  }

  async #renew(): Promise<void> {
    const all = [...this.#held.values()]
    const isDue = ({ renewedAt }: Held): boolean =>
      ageOf(renewedAt) >= this.#options.termMs * RENEWED_AFTER
    if (this.#isAsking || !all.some(isDue)) return
    this.#isAsking = true
    const sentAt = momentNow()
    try {
      const renewed = await this.#options.records.renew(all)
      this.#isReported = false
      for (const [index, held] of all.entries()) {
        if (renewed[index]) held.renewedAt = sentAt
        else if (this.#held.get(held.key) === held) this.#lose(held)
      }
    } catch (error) {
      this.#report(error)
    } finally {
      this.#isAsking = false
    }
    this.#watch()
  }

  #lose(held: Held): void {
    this.#options.log.error({ ...held.subject }, 'a lease was lost: what runs under it ends')
    this.#held.delete(held.key)
    if (held.given.size > 0) this.#lost.set(held.key, held)
    held.lost.abort()
  }

  /** The one that was renewed the longest ago decides when the next is lost, and when what runs under any must have ended. */
  #watch(): void {
    const { termMs, holdChildren } = this.#options
    clearTimeout(this.#losing)
    for (const held of this.#held.values()) {
      if (ageOf(held.renewedAt) >= termMs * LOST_AFTER) this.#lose(held)
    }
    const ages = [...this.#held.values()].map(({ renewedAt }) => ageOf(renewedAt))
    const lostAges = [...this.#lost.values()].map(({ renewedAt }) => ageOf(renewedAt))
    const oldest = Math.max(...ages, ...lostAges)
    holdChildren(Math.max(0, termMs * ENDED_AFTER - oldest))
    if (ages.length > 0) {
      const dueMs = Math.max(1, termMs * LOST_AFTER - Math.max(...ages))
      this.#losing = setTimeout(() => this.#watch(), dueMs).unref()
      return
    }
    clearInterval(this.#renewing)
    this.#renewing = undefined
  }

  /** While it lasts it is no news. */
  #report(error: unknown): void {
    if (!this.#isReported) this.#options.log.warn({ err: error }, 'leases could not be renewed')
    this.#isReported = true
  }
}

function unavailable(cause?: unknown): RpcFault {
  return new RpcFault(503, 'refused', 'processes cannot be started now: try again later', {
    cause,
    headers: { 'retry-after': '5' },
  })
}
