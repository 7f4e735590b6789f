/** Keeps one part alive: starts it, waits until it serves, starts it again when it ends by itself. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Ending, GroupedProcess } from '../../lib/platform/process-group.ts'
import type { PartState, PartStatus } from '../instance/status.ts'
import { backoffMs, failuresAfter } from './backoff.ts'
import { describeEnding, type LaunchOptions, launchPart, waitUntilServing } from './launch.ts'
import type { Part } from './part.ts'

/** Ends in a row, before it ever served, after which the configuration is to blame. */
const START_ATTEMPTS = 3

/** What a restart that was asked for may take: more than one launch. */
const RENEWAL_MS_MAX = 35_000

/** A part that will not start. */
export class PartFailure extends Error {
  override readonly name = 'PartFailure'
  readonly partName: string

  constructor(partName: string, how: string) {
    super(`${partName} does not start: ${how}`)
    this.partName = partName
  }
}

export class Keeper {
  readonly part: Part
  readonly #options: LaunchOptions
  readonly #firstTime = Promise.withResolvers<void>()
  readonly #stopping = new AbortController()
  #state: PartState = 'waiting'
  #since: number
  #launches = 0
  #failures = 0
  /** Launches after it had ended by itself; kept apart, so that it never falls. */
  #restarts = 0
  #everServed = false
  #lastExit: string | null = null
  #current: GroupedProcess | undefined
  #keeping: Promise<void> | undefined
  /** Launches that somebody asked for. */
  #asked = 0
  /** While somebody waits for the next life. */
  #renewal: PromiseWithResolvers<void> | undefined
  #backingOff = new AbortController()

  constructor(part: Part, options: LaunchOptions) {
    this.part = part
    this.#options = options
    this.#since = options.clock()
    // Whoever starts us awaits it; a failure while nobody looks is in the status.
    this.#firstTime.promise.catch(() => {})
  }

  /** Resolves when it serves for the first time, rejects when it will not. */
  async start(): Promise<void> {
    this.#keeping ??= this.#keep()
    await this.#firstTime.promise
  }

  /**
   * Ends its process as at the end of everything, and starts it anew at once.
   * @throws PartFailure when it does not serve again in time; it is kept on trying.
   */
  async restart(): Promise<void> {
    const { name } = this.part
    if (this.#keeping === undefined || this.#stopping.signal.aborted) {
      throw new PartFailure(name, 'it is not running')
    }
    // Whoever asks meanwhile waits for the same, later life.
    this.#renewal ??= Promise.withResolvers<void>()
    const { promise, reject } = this.#renewal
    // It may fail before it is awaited.
    promise.catch(() => {})
    this.#asked += 1
    this.#backingOff.abort()
    await this.#endCurrent()
    const timer = setTimeout(() => {
      reject(new PartFailure(name, this.#lastExit ?? 'it does not serve in time'))
    }, RENEWAL_MS_MAX)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      this.#renewal = undefined
    }
  }

  async stop(): Promise<void> {
    const { part } = this
    const stopped = new PartFailure(part.name, 'stopped')
    this.#stopping.abort()
    this.#firstTime.reject(stopped)
    this.#renewal?.reject(stopped)
    await this.#endCurrent()
    await this.#keeping
    this.#enter('stopped')
  }

  /** Asked just now: one that has served may have stopped to answer. */
  async isServing(): Promise<boolean> {
    const { answers, isReady } = this.part
    return this.#state === 'ready' && (await (answers ?? isReady)?.()) !== false
  }

  status(): PartStatus {
    return {
      name: this.part.name,
      state: this.#state,
      pid: this.#current?.pid ?? null,
      restarts: this.#restarts,
      since: new Date(this.#since).toISOString(),
      last_exit: this.#lastExit,
    }
  }

  async #endCurrent(): Promise<void> {
    const { part } = this
    const current = this.#current
    if (this.#state === 'ready') await part.drain?.()
    await current?.stop({ inputEndMs: 0, terminateMs: part.terminateMs })
  }

  async #keep(): Promise<void> {
    const { clock } = this.#options
    while (!this.#stopping.signal.aborted) {
      const began = clock()
      const asked = this.#asked
      const ending = await this.#live(asked)
      this.#lastExit = describeEnding(ending)
      if (this.#stopping.signal.aborted) return
      if (this.#asked > asked) continue
      this.#failures = failuresAfter(this.#failures, clock() - began)
      const isNeeded = !this.#everServed && this.part.isSpare !== true
      if (isNeeded && this.#failures >= START_ATTEMPTS) return this.#giveUp()
      await this.#backOff()
      if (!this.#stopping.signal.aborted && this.#asked === asked) this.#restarts += 1
    }
  }

  /** One life, from launch to end. @param asked as it stood at its launch. */
  async #live(asked: number): Promise<Ending> {
    this.#enter('starting')
    const { process, announced } = launchPart(this.part, this.#launches, this.#options)
    this.#launches += 1
    this.#current = process
    if (await waitUntilServing(this.part, announced, process.ended)) this.#serve(asked)
    // Alive but not serving: it has had its time.
    else await process.stop({ inputEndMs: 0, terminateMs: this.part.terminateMs })
    const ending = await process.ended
    this.#current = undefined
    return ending
  }

  #serve(asked: number): void {
    if (this.#stopping.signal.aborted) return
    this.#enter('ready')
    this.#everServed = true
    this.#firstTime.resolve()
    // Otherwise it is the one that is just being ended.
    if (this.#asked === asked) this.#renewal?.resolve()
  }

  #giveUp(): void {
    this.#enter('stopped')
    this.#firstTime.reject(new PartFailure(this.part.name, this.#lastExit ?? 'it ended'))
  }

  async #backOff(): Promise<void> {
    this.#enter('backing off')
    const waitMs = backoffMs(this.#failures)
    const { onRecord, clock } = this.#options
    onRecord({
      time: new Date(clock()).toISOString(),
      name: this.part.name,
      level: 'error',
      msg: 'ended, will be started again',
      fields: { how: this.#lastExit, wait_ms: waitMs },
    })
    this.#backingOff = new AbortController()
    const signal = AbortSignal.any([this.#stopping.signal, this.#backingOff.signal])
    await sleep(waitMs, undefined, { signal }).catch(() => {
      // Told to stop, or to start at once.
    })
  }

  #enter(state: PartState): void {
    if (state !== this.#state) this.#since = this.#options.clock()
    this.#state = state
  }
}
