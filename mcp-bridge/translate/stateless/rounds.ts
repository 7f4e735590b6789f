/**
 * Requests between two rounds: their client was asked something and makes them again with the answer.
 *
 * The state by which it finds the request is a word that nobody can guess, looked up here: it counts once, for a
 * while, for the same person, client and service, and for the very same request.
 */

import { randomText } from '../../../lib/platform/seal.ts'
import { RpcFault, type RpcRequest } from '../../json-rpc.ts'
import { ROUND_SECONDS, ROUNDS_PER_USER_MAX } from '../../limits.ts'
import { isSameOwner, type SessionOwner } from '../../sessions.ts'
import type { Ticker } from '../../ticker.ts'
import { digestOf } from './older-request.ts'
import { RoundsBudget } from './rounds-budget.ts'

/** A request that waits for its next round. */
export interface Waiting {
  readonly owner: SessionOwner
  /** Of what it asks for. */
  readonly digest: string
  /** Nobody has come back for it. */
  expire(): void
}

interface Round<W> {
  readonly waiting: W
  secondsLeft: number
}

/** Longer than ours are. */
const STATE_CHARACTERS_MAX = 256

export class Rounds<W extends Waiting> {
  readonly budget = new RoundsBudget()
  readonly #seconds: Ticker
  readonly #instance: string
  /** By state, oldest first. */
  readonly #rounds = new Map<string, Round<W>>()

  /** `instance`: this bridge process, which alone has what its states stand for. */
  constructor(seconds: Ticker, instance: string) {
    this.#seconds = seconds
    this.#instance = instance
  }

  /** The state by which its client finds it again. */
  open(waiting: W): string {
    this.#makeRoom(waiting.owner)
    const state = `${randomText()}.${this.#instance}`
    this.#rounds.set(state, { waiting, secondsLeft: ROUND_SECONDS })
    this.#seconds.add(this)
    return state
  }

  /** The bridge process that gave a state out; undefined when it is this one, or the state is none of ours. */
  instanceOf(state: unknown): string | undefined {
    if (typeof state !== 'string' || state.length > STATE_CHARACTERS_MAX) return undefined
    const start = state.indexOf('.')
    const instance = start === -1 ? '' : state.slice(start + 1)
    return instance === '' || instance === this.#instance ? undefined : instance
  }

  /** @throws RpcFault with -32602 for a state that is not for this request. */
  take(state: unknown, owner: SessionOwner, request: RpcRequest): W {
    const round = typeof state === 'string' ? this.#rounds.get(state) : undefined
    if (round === undefined || !isSameOwner(round.waiting.owner, owner)) throw unknown()
    if (round.waiting.digest !== digestOf(request)) {
      const message = 'requestState is that of another request: repeat the one it was given for'
      throw new RpcFault(200, 'invalidParams', message)
    }
    this.#rounds.delete(state as string)
    return round.waiting
  }

  /** A second has passed. */
  beat(): void {
    for (const [state, round] of this.#rounds) {
      round.secondsLeft -= 1
      if (round.secondsLeft <= 0) this.#expire(state, round)
    }
    if (this.#rounds.size === 0) this.#seconds.remove(this)
  }

  #expire(state: string, { waiting }: Round<W>): void {
    this.#rounds.delete(state)
    waiting.expire()
  }

  #makeRoom({ user }: SessionOwner): void {
    const theirs = [...this.#rounds].filter(([, { waiting }]) => waiting.owner.user === user)
    const [oldest] = theirs
    if (oldest !== undefined && theirs.length >= ROUNDS_PER_USER_MAX) this.#expire(...oldest)
  }
}

function unknown(): RpcFault {
  const message = 'requestState is unknown, was used, or has expired: call again without it'
  return new RpcFault(200, 'invalidParams', message)
}
