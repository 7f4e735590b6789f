/**
 * What a server asks in its session, put to a client as part of the answer to one of its requests.
 *
 * Most servers do not say on behalf of which request they ask: it is put to the youngest that may carry it, and
 * the answer reaches the server whichever it was.
 */

import type { JsonObject } from '../../../lib/platform/json.ts'
import { Asked } from '../../asked.ts'
import type { RpcId, RpcRequest, RpcResponse } from '../../json-rpc.ts'
import { ROUND_SECONDS } from '../../limits.ts'
import type { Ticker } from '../../ticker.ts'
import { sizeOf } from './kept-answer.ts'
import { answerInPlace, paramsToAsk, type Question, toOlderResult } from './questions.ts'
import type { StandingCall } from './standing-call.ts'

export interface PutQuestionsOptions {
  readonly capabilities: JsonObject
  /** Beats once a second. */
  readonly seconds: Ticker
  /** The requests that wait for the server, youngest last. */
  readonly calls: ReadonlySet<StandingCall>
  /** To the server. */
  readonly pass: (response: RpcResponse) => void
}

export class PutQuestions {
  readonly #options: PutQuestionsOptions
  readonly #asked: Asked

  constructor(options: PutQuestionsOptions) {
    const { capabilities, seconds, pass } = options
    this.#options = options
    this.#asked = new Asked({
      capabilities,
      seconds,
      answer: pass,
      onGivenUp: (id) => this.#forget(id),
      // All that was asked in a round is answered together, and people may be among those who answer.
      secondsFor: () => ROUND_SECONDS,
    })
  }

  /** `known`: the request in the course of which it asks, where that is known. */
  ask(request: RpcRequest, known?: StandingCall): void {
    const { capabilities, pass } = this.#options
    const answer = answerInPlace(request, capabilities)
    if (answer !== undefined) pass(answer)
    else if (this.#asked.add(request)) {
      const { id, method } = request
      this.#put({ id, method, params: paramsToAsk(request), bytes: sizeOf(request) }, known)
    }
  }

  /** Whoever was to be asked will not be: perhaps another. */
  passOn(question: Question): void {
    if (this.#asked.isWaiting(question.id)) this.#put(question)
  }

  /** The client's answer, for a server of that revision. */
  answer(question: Question, given: JsonObject, revision: string): void {
    const { id } = question
    // It may have been answered in the client's place by now.
    if (!this.#asked.take(id)) return
    this.#options.pass({ jsonrpc: '2.0', id, result: toOlderResult(question, given, revision) })
  }

  refuse({ id }: Question, reason: string): void {
    this.#asked.refuse(id, reason)
  }

  /** By the server. */
  takeBack(id: unknown): void {
    this.#asked.take(id)
    this.#forget(id)
  }

  end(): void {
    this.#asked.end()
  }

  /** To a request whose client waits, failing that to one whose client will come back. */
  #put(question: Question, known?: StandingCall): void {
    const all = known === undefined ? this.#options.calls : [known]
    const able = [...all].filter((call) => call.mayBeAsked)
    const carrier = able.findLast((call) => call.isAttended) ?? able.at(-1)
    if (carrier?.ask(question) === true) return
    const reason =
      carrier === undefined
        ? 'no request is open in the course of which the client could be asked'
        : 'too much waits for this client already'
    this.refuse(question, reason)
  }

  #forget(id: unknown): void {
    for (const call of this.#options.calls) call.forget(id as RpcId)
  }
}
