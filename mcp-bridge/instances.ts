/**
 * The bridge processes beside this one: who we are, who of them lives, and when one is gone.
 *
 * Sessions and processes belong to one life of a bridge process: what it held is gone with it, although
 * another one has its name by then.
 */

import type { Log } from '../lib/platform/log.ts'
import { ageOf, type Moment, momentNow } from './moment.ts'
import { type InstanceRecord, type InstanceRecords, nameOf } from './store/instances.ts'

export interface InstancesOptions {
  readonly records: InstanceRecords
  readonly own: InstanceRecord
  readonly termMs: number
  /** Called when another process has taken our name. */
  readonly onSuperseded: () => void
  readonly log: Log
}

const RENEWED_EACH = 0.2
/** Of the term: so long after a store came back, everybody who lives has said so. */
const HEARD_WITHIN = 0.4

export class Instances {
  readonly #options: InstancesOptions
  /** What to call when a life has ended, by its id. */
  readonly #watchers = new Map<string, Set<() => void>>()
  #timer: NodeJS.Timeout | undefined
  #isSuperseded = false
  #isAway = false
  /** When the store came back. */
  #backAt: Moment | undefined
  #isAsking = false

  constructor(options: InstancesOptions) {
    this.#options = options
  }

  get own(): InstanceRecord {
    return this.#options.own
  }

  /** Resolves with who had our name before, if it has not been gone for long. */
  async begin(): Promise<InstanceRecord | undefined> {
    const { records, own, termMs } = this.#options
    const before = await records.begin(own)
    this.#timer = setInterval(() => void this.#beat(), termMs * RENEWED_EACH).unref()
    return before
  }

  /** The process of this id while it lives. @throws when the store does not tell. */
  async find(id: string): Promise<InstanceRecord | undefined> {
    const found = await this.named(id)
    if (found === undefined && this.#mayBeUnheard()) throw new Error('the store was away until now')
    return found?.id === id ? found : undefined
  }

  /** The one that has the name of this id now. @throws when the store does not tell. */
  async named(id: string): Promise<InstanceRecord | undefined> {
    return await this.#options.records.find(nameOf(id))
  }

  /** Calls back once the process of this id is gone; returns what ends the watch. */
  watch(id: string, onGone: () => void): () => void {
    const watchers = this.#watchers.get(id) ?? new Set()
    this.#watchers.set(id, watchers.add(onGone))
    return () => {
      watchers.delete(onGone)
      if (watchers.size === 0) this.#watchers.delete(id)
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#options.records.end(this.own).catch(() => {
      // It ends by itself.
    })
  }

  async #beat(): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    const { records, log } = this.#options
    try {
      if (!(await records.renew(this.own))) this.#yield()
      if (this.#isAway) this.#backAt = momentNow()
      this.#isAway = false
      if (!this.#mayBeUnheard()) await this.#tellGone()
    } catch (error) {
      this.#isAway = true
      log.debug({ err: error }, 'the store does not tell which bridges live')
    } finally {
      this.#isAsking = false
    }
  }

  async #tellGone(): Promise<void> {
    for (const [id, watchers] of this.#watchers) {
      if ((await this.find(id)) === undefined) for (const onGone of watchers) onGone()
    }
  }

  /** While the store was away nobody could say that it lives. */
  #mayBeUnheard(): boolean {
    const heardMs = this.#options.termMs * HEARD_WITHIN
    return this.#isAway || (this.#backAt !== undefined && ageOf(this.#backAt) < heardMs)
  }

  #yield(): void {
    if (this.#isSuperseded) return
    this.#isSuperseded = true
    this.#options.log.error({ instance: this.own.id }, 'another bridge process has taken our name')
    this.#options.onSuperseded()
  }
}
