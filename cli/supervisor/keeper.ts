/** Keeps one part alive: starts it, waits until it serves, starts it again when it ends by itself. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Ending, GroupedProcess } from '../../lib/platform/process-group.ts'
import type { PartState, PartStatus } from '../instance/status.ts'
import { backoffMs, failuresAfter } from './backoff.ts'
import { describeEnding, type LaunchOptions, launchPart, waitUntilServing } from './launch.ts'
import type { Part } from './part.ts'

/** Ends in a row, before it ever served, after which the configuration is to blame. */
const START_ATTEMPTS = 3

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
  #everServed = false
  #lastExit: string | null = null
  #current: GroupedProcess | undefined
  #keeping: Promise<void> | undefined

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

  async stop(): Promise<void> {
    const { part } = this
    this.#stopping.abort()
    this.#firstTime.reject(new PartFailure(part.name, 'stopped'))
    if (this.#state === 'ready') await part.drain?.()
    await this.#current?.stop({ inputEndMs: 0, terminateMs: part.terminateMs })
    await this.#keeping
    this.#enter('stopped')
  }

  status(): PartStatus {
    return {
      name: this.part.name,
      state: this.#state,
      pid: this.#current?.pid ?? null,
      restarts: Math.max(0, this.#launches - 1),
      since: new Date(this.#since).toISOString(),
      last_exit: this.#lastExit,
    }
  }

  async #keep(): Promise<void> {
    const { clock } = this.#options
    while (!this.#stopping.signal.aborted) {
      const began = clock()
      const ending = await this.#live()
      this.#lastExit = describeEnding(ending)
      if (this.#stopping.signal.aborted) return
      this.#failures = failuresAfter(this.#failures, clock() - began)
      const isNeeded = !this.#everServed && this.part.isSpare !== true
      if (isNeeded && this.#failures >= START_ATTEMPTS) return this.#giveUp()
      await this.#backOff()
    }
  }

  /** One life, from launch to end. */
  async #live(): Promise<Ending> {
    this.#enter('starting')
    const { process, announced } = launchPart(this.part, this.#launches, this.#options)
    this.#launches += 1
    this.#current = process
    if (await waitUntilServing(this.part, announced, process.ended)) this.#serve()
    // Alive but not serving: it has had its time.
    else await process.stop({ inputEndMs: 0, terminateMs: this.part.terminateMs })
    const ending = await process.ended
    this.#current = undefined
    return ending
  }

  #serve(): void {
    if (this.#stopping.signal.aborted) return
    this.#enter('ready')
    this.#everServed = true
    this.#firstTime.resolve()
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
    await sleep(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => {
      // Told to stop while waiting.
    })
  }

  #enter(state: PartState): void {
    if (state !== this.#state) this.#since = this.#options.clock()
    this.#state = state
  }
}
