/**
 * One request of a client without sessions, in the session that its standing client has: over as many exchanges
 * as it takes, the server has it once.
 *
 * When the server asks, the client's exchange ends with the questions, while the request goes on waiting; the
 * client comes back with the answers in another. What the server says in between is kept for that.
 */

import type { JsonObject } from '../../../lib/platform/json.ts'
import {
  paramsOf,
  progressTokenOf,
  type RpcFault,
  type RpcId,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../../json-rpc.ts'
import { QUESTIONS_GATHER_MS } from '../../limits.ts'
import type { Call } from '../../runner/process-user.ts'
import type { SessionOwner } from '../../sessions.ts'
import type { StatelessAnswer } from '../../stateless/stateless-answer.ts'
import { KeptAnswer } from './kept-answer.ts'
import { toNewerAnswer, withServer } from './newer-answer.ts'
import { digestOf, mayBeAsked } from './older-request.ts'
import { OpenQuestions } from './open-questions.ts'
import type { Question } from './questions.ts'
import type { Rounds, Waiting } from './rounds.ts'
import { toUrlQuestions } from './url-elicitation.ts'

/** An exchange in which the client waits. */
export interface Waiter {
  readonly request: RpcRequest
  readonly answer: StatelessAnswer
  /** From which on log messages are for it; undefined for none. */
  readonly level: number | undefined
}

export interface StandingCallPorts {
  /** The id of its standing client. */
  readonly client: string
  /** Whoever waits was congested, and reads again. */
  readonly relieved: () => void
  readonly owner: SessionOwner
  readonly capabilities: JsonObject
  readonly rounds: Rounds<StandingCall>
  readonly serverInfo: () => unknown
  /** Brings the client's answer to the server. */
  readonly answered: (question: Question, result: JsonObject) => void
  /** The server gets no answer from the client. */
  readonly refused: (question: Question, reason: string) => void
  /** This call's client will not be asked: another's may be. */
  readonly passedOn: (question: Question) => void
  /** It has its answer. */
  readonly settled: (call: StandingCall) => void
  /** Nobody waits for it any more. */
  readonly cancelled: (call: StandingCall, reason: string) => void
}

export class StandingCall implements Call, Waiting {
  readonly id: RpcId
  readonly #ports: StandingCallPorts
  readonly #method: string
  /** As it was made first, until its digest stands for it: it may be large. */
  #request: RpcRequest | undefined
  #digest = ''
  #waiter: Waiter | undefined
  #questions: OpenQuestions | undefined
  #gathering: NodeJS.Timeout | undefined
  #isOver = false
  #kept: KeptAnswer | undefined

  constructor(ports: StandingCallPorts, waiter: Waiter) {
    this.id = waiter.request.id
    this.#ports = ports
    this.#method = waiter.request.method
    this.#request = waiter.request
    this.#waiter = waiter
  }

  /** The id of its standing client. */
  get client(): string {
    return this.#ports.client
  }

  get owner(): SessionOwner {
    return this.#ports.owner
  }

  /** Of what it asks for; known once its client was asked something. */
  get digest(): string {
    return this.#digest
  }

  /** Whether its client waits in an exchange now. */
  get isAttended(): boolean {
    return this.#waiter !== undefined
  }

  get isCongested(): boolean {
    return this.#waiter?.answer.isCongested === true
  }

  /** Whether its client can be asked, now or when it comes back. */
  get mayBeAsked(): boolean {
    return !this.#isOver && mayBeAsked(this.#method)
  }

  /** Whether its client waits, and wants log messages of this level. */
  wantsLog(level: number): boolean {
    const wanted = this.#waiter?.level
    return wanted !== undefined && (level === -1 || level >= wanted)
  }

  /** What concerns this request, for a client that is there. */
  notify(notification: RpcNotification): void {
    if (notification.method === 'notifications/progress') this.#progress(notification)
    else this.#waiter?.answer.notify(notification)
  }

  /** False when there is no room for the question. */
  ask(question: Question): boolean {
    this.#questions ??= new OpenQuestions(this.#ports.rounds.budget, this.owner.user)
    const isTaken = this.#questions.add(question)
    this.#askSoon()
    return isTaken
  }

  /** The server has taken it back, or was answered by somebody else. */
  forget(id: RpcId): void {
    this.#questions?.forget(id)
  }

  /** The client has come back with what it was asked for, or a part of it. */
  resume(waiter: Waiter, responses: JsonObject): void {
    this.#waiter = waiter
    for (const [question, given] of this.#questions?.takeAnswered(responses) ?? []) {
      this.#ports.answered(question, given)
    }
    const kept = this.#kept?.take()
    if (kept === undefined) this.#askSoon()
    else this.#hand(waiter, kept)
  }

  settle(response: RpcResponse): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#ports.settled(this)
    if (this.#waiter !== undefined) {
      this.#hand(this.#waiter, response)
      return
    }
    this.#kept = new KeptAnswer(this.#ports.rounds.budget, this.owner.user)
    this.#kept.keep(response)
  }

  /** Whoever waits was congested, and reads again. */
  relieved(): void {
    this.#ports.relieved()
  }

  /** The client of that exchange has left before it had its answer. */
  left({ answer }: Waiter): void {
    if (this.#waiter?.answer === answer) this.#cancel('the client has left')
  }

  /** The client may wait no longer. */
  withdraw({ request, answer }: Waiter, fault: RpcFault): void {
    if (this.#waiter?.answer !== answer) return
    answer.settle(fault.toResponse(request.id))
    this.#cancel(fault.message)
  }

  /** The client has not come back in time. */
  expire(): void {
    const reason = 'the client has not answered'
    this.#cancel(reason)
    this.#kept?.take()
    this.#refuseAll(reason)
  }

  #hand({ request, answer }: Waiter, response: RpcResponse): void {
    this.#waiter = undefined
    clearTimeout(this.#gathering)
    for (const question of this.#questions?.takeAll() ?? []) this.#ports.passedOn(question)
    const { capabilities, serverInfo } = this.#ports
    const { jsonrpc, id } = request
    const asked = mayBeAsked(request.method)
      ? toUrlQuestions(request, response.error, capabilities)
      : undefined
    if (asked === undefined) {
      answer.settle(toNewerAnswer(request.method, response, id, serverInfo()))
    } else if ('error' in asked) answer.settle({ jsonrpc, id, ...asked })
    else answer.settle({ jsonrpc, id, result: this.#toInputRequired(asked) })
  }

  #toInputRequired(asked: JsonObject): JsonObject {
    const _meta = withServer({}, this.#ports.serverInfo())
    return { resultType: 'input_required', ...asked, _meta }
  }

  /** A server that asks one thing often asks another with it. */
  #askSoon(): void {
    if (this.#waiter === undefined || (this.#questions?.isEmpty ?? true)) return
    clearTimeout(this.#gathering)
    this.#gathering = setTimeout(() => this.#askNow(), QUESTIONS_GATHER_MS)
  }

  #askNow(): void {
    const waiter = this.#waiter
    if (waiter === undefined || this.#questions === undefined || this.#questions.isEmpty) return
    this.#waiter = undefined
    if (this.#request !== undefined) this.#digest = digestOf(this.#request)
    this.#request = undefined
    const inputRequests = this.#questions.toInputRequests()
    const requestState = this.#ports.rounds.open(this)
    const { jsonrpc, id } = waiter.request
    const result = this.#toInputRequired({ inputRequests, requestState })
    waiter.answer.settle({ jsonrpc, id, result })
  }

  #progress(notification: RpcNotification): void {
    const { request, answer } = this.#waiter ?? {}
    const progressToken = request && progressTokenOf(request)
    // Each exchange has a token of its own.
    if (progressToken === undefined) return
    answer?.notify({ ...notification, params: { ...paramsOf(notification), progressToken } })
  }

  #cancel(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#waiter = undefined
    clearTimeout(this.#gathering)
    this.#ports.cancelled(this, reason)
    this.#refuseAll(reason)
  }

  #refuseAll(reason: string): void {
    for (const question of this.#questions?.takeAll() ?? []) this.#ports.refused(question, reason)
  }
}
