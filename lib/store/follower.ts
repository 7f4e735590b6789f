/**
 * A replica that follows the store.
 *
 * It loads the set, follows the stream of writes from before it loaded, and proves by a heartbeat
 * that nothing was missed. Freshness counts from the moment the heartbeat was sent, never from its
 * answer: a process that was frozen in between knows that it is late.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { type PublicJwk, redisPublicKeys } from './public-keys.ts'
import { PutBack } from './put-back.ts'
import { connectRedis, waitUntilReady } from './redis.ts'
import type { Replica, ReplicaFigures, ReplicaOptions } from './replica.ts'
import { FRESH_MS, type Moment, ReplicaProof } from './replica-proof.ts'
import { NOWHERE, readEvents, readMark, readSet, type StreamEvent } from './replica-reads.ts'
import type { Epoch, Presented, RevocationAnswer, StoreState } from './revocation.ts'
import { RevocationSet } from './revocation-set.ts'
import { CLOCKS_SECONDS } from './revocations.ts'

const HEARTBEAT_MS = 250
/** Whoever lags behind a heartbeat for longer has lost something. */
const BEHIND_MS = 100
const BLOCK_MS = 500
const COMMAND_MS = 2000
const RETRY_MS = 50
/** Whatever went wrong unnoticed is right again after this. */
const RELOAD_MS = 300_000
const FORGET_MS = 60_000

export class Follower implements Replica {
  readonly #options: ReplicaOptions
  readonly #commands: Redis
  /** Waits for writes: nothing else may stand behind it. */
  readonly #stream: Redis
  readonly #putBack: PutBack
  readonly #proof: ReplicaProof
  readonly #set = new RevocationSet()
  readonly #listeners = new Set<() => void>()
  readonly #timers: readonly NodeJS.Timeout[]
  #keys: ReadonlyMap<string, PublicJwk> = new Map()
  #epoch: Epoch | undefined
  /** Of the last write applied. */
  #number = 0
  /** Where that stands in the stream. */
  #cursor = NOWHERE
  #loads = 0
  #mustLoad = true
  #isStopped = false
  /** A heartbeat that saw more than was applied. */
  #awaited: { readonly sent: Moment; readonly number: number } | undefined
  #lastFault = ''

  constructor(options: ReplicaOptions) {
    const { store, log, reloadMs = RELOAD_MS } = options
    this.#options = options
    this.#proof = new ReplicaProof(options.clock)
    this.#commands = connectRedis({ ...store, commandTimeoutMs: COMMAND_MS }, log)
    this.#stream = connectRedis({ ...store, commandTimeoutMs: BLOCK_MS + COMMAND_MS }, log)
    this.#putBack = new PutBack(this.#commands, log)
    this.#timers = [
      setInterval(() => void this.#beat(), HEARTBEAT_MS),
      setInterval(() => {
        this.#mustLoad = true
      }, reloadMs),
      setInterval(() => this.forget(), FORGET_MS),
    ]
    void this.#follow()
  }

  get connections(): readonly Redis[] {
    return [this.#commands, this.#stream]
  }

  judge(presented: Presented): RevocationAnswer | undefined {
    if (this.#epoch === undefined) return undefined
    const answer = this.#set.judge(presented, this.#epoch)
    // What is refused stays refused, however old the knowledge.
    return answer.revoked || this.staleness() < FRESH_MS ? answer : undefined
  }

  seen(): StoreState | undefined {
    return this.#epoch && { epoch: this.#epoch, number: this.#number }
  }

  staleness(): number {
    return this.#proof.staleness()
  }

  isLoaded(): boolean {
    return this.#loads > 0
  }

  keys(): ReadonlyMap<string, PublicJwk> {
    return this.#keys
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  figures(): ReplicaFigures {
    return { revocations: this.#set.size, loads: this.#loads }
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers) clearInterval(timer)
    this.#commands.disconnect()
    this.#stream.disconnect()
  }

  async #follow(): Promise<void> {
    await this.#connect()
    while (!this.#isStopped) {
      try {
        if (this.#mustLoad) await this.#load()
        await this.#apply(await readEvents(this.#stream, this.#cursor, BLOCK_MS))
      } catch (error) {
        // Another server may answer after a reconnect, and what was missed meanwhile is not known.
        this.#mustLoad = true
        this.#report(error)
        await sleep(RETRY_MS)
      }
    }
  }

  /** Whoever asks before there is a connection meets a fault that is none; a store that is away is one. */
  async #connect(): Promise<void> {
    try {
      await Promise.all(this.connections.map((one) => waitUntilReady(one, COMMAND_MS)))
    } catch (error) {
      this.#report(error)
    }
  }

  async #load(): Promise<void> {
    const sent = this.#proof.now()
    const mark = await readMark(this.#commands)
    if (this.#epoch !== undefined) {
      const seen = { epoch: this.#epoch, number: this.#number, cursor: this.#cursor }
      await this.#putBack.refuse(mark, seen)
    }
    for await (const [member, entry] of readSet(this.#commands)) this.#set.apply(member, entry)
    await this.#readKeys()
    const end = await readMark(this.#commands)
    if (end.epoch.id !== mark.epoch.id || end.number < mark.number) {
      throw new Error('the store was replaced while it was read')
    }
    this.#epoch = mark.epoch
    this.#number = mark.number
    this.#cursor = mark.cursor
    this.#mustLoad = false
    this.#putBack.forget()
    this.#loads += 1
    this.#lastFault = ''
    this.#proof.proveByLoad(sent)
    this.#awaited = undefined
    this.#tell()
    this.#options.log.debug(this.figures(), 'revocations loaded')
  }

  async #apply(events: readonly StreamEvent[]): Promise<void> {
    for (const event of events) {
      // Behind our place there is nothing that we have had: a number again is another store's.
      if (event.number !== this.#number + 1) throw new Error('the stream was trimmed, or replaced')
      if (event.revocation !== undefined) this.#set.apply(...event.revocation)
      else await this.#readKeys()
      this.#number = event.number
      this.#cursor = event.id
    }
    if (events.length === 0) return
    if (this.#awaited !== undefined && this.#awaited.number <= this.#number) {
      this.#prove(this.#awaited.sent)
    }
    this.#tell()
  }

  async #readKeys(): Promise<void> {
    const keys = await redisPublicKeys(this.#commands).all()
    this.#keys = new Map(keys.map((key) => [key.kid, key]))
  }

  async #beat(): Promise<void> {
    // Before the first load there is nothing to prove.
    if (!this.isLoaded()) return
    const sent = this.#proof.now()
    const known = this.#number
    try {
      const { epoch, number, cursor } = await readMark(this.#commands)
      if (this.#mustLoad) return
      const isElsewhere = number === this.#number && cursor !== this.#cursor
      const isAnother = epoch.id !== this.#epoch?.id || number < known || isElsewhere
      if (isAnother || this.#proof.lacksEnded()) this.#loadAgain()
      else if (number <= this.#number) this.#prove(sent)
      else this.#awaitNumber(sent, number)
    } catch (error) {
      this.#report(error)
      // Without an epoch it is another store, or an empty one: a load will tell.
      if (this.#commands.status === 'ready' && !this.#mustLoad) this.#loadAgain()
    }
  }

  /** The writes are on their way on the other connection, or they are lost. */
  #awaitNumber(sent: Moment, number: number): void {
    this.#awaited = { sent, number }
    setTimeout(() => {
      if (this.#awaited?.number === number && this.#number < number) this.#loadAgain()
    }, BEHIND_MS)
  }

  #prove(sent: Moment): void {
    this.#proof.prove(sent)
    this.#awaited = undefined
  }

  /** Also when the connection waits for writes that will not come. */
  #loadAgain(): void {
    if (this.#isStopped || this.#mustLoad) return
    this.#mustLoad = true
    this.#stream.disconnect(true)
  }

  #tell(): void {
    for (const listener of this.#listeners) {
      try {
        listener()
      } catch (error) {
        // Whoever cannot take the news must not keep others, or us, from following.
        this.#options.log.error({ err: error }, 'a change of the revocations was not taken up')
      }
    }
  }

  forget(): void {
    const now = this.#proof.now()
    this.#proof.noteForgotten(now)
    this.#set.forgetEndedBefore(now.wall / 1000 - CLOCKS_SECONDS)
  }

  /** While it lasts it is no news. */
  #report(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error)
    if (fault !== this.#lastFault && !this.#isStopped) {
      this.#options.log.warn({ fault }, 'revocations cannot be followed')
    }
    this.#lastFault = fault
  }
}
