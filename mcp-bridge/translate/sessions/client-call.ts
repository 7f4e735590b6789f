/**
 * One call of a client with sessions, over as many rounds as its server without sessions needs: what the
 * server asks for becomes requests to the client, and their answers go back with the call made again.
 *
 * A client that cannot or does not answer ends the call, as in front of a server that speaks both eras
 * with the official SDK: a tool has failed then, which a model can read; all else is an error.
 */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import {
  CODES,
  paramsOf,
  RpcFault,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
  toCancelled,
} from '../../json-rpc.ts'
import { INPUT_ROUNDS_MAX } from '../../limits.ts'
import { ASKING, CALL_TOOL } from '../../methods.ts'
import type { Call } from '../../runner/process-user.ts'
import { type Input, notAnswered, readInputRequired, refused } from './input-required.ts'
import { toOlderError, toOlderResult } from './older-answer.ts'
import { progressAfter, toOlderNotification } from './older-notification.ts'
import { type Kept, roughSize } from './rough-size.ts'
import { Round } from './round.ts'
import type { SessionClient } from './session-client.ts'

/** What the calls of one session have in common. */
export interface ClientCallPorts {
  /** Of the service, for words. */
  readonly service: string
  readonly client: SessionClient
  readonly kept: Kept
  readonly nextRoundMs: number
  /** @throws RpcFault when the server cannot take it. */
  readonly send: (round: Round, request: RpcRequest) => void
  readonly cancel: (round: Round, notification: RpcNotification) => void
  /** To the client, or answered for it: either way the answer comes to `answered`. */
  readonly ask: (call: ClientCall, question: RpcRequest) => void
  readonly takeBack: (call: ClientCall, notification: RpcNotification) => void
  /** A name for a question of that call, until it is answered or taken back. */
  readonly nextQuestion: (call: ClientCall) => RpcId
  readonly answered: (id: RpcId) => void
  /** It is settled, or nobody waits for it any more. */
  readonly over: (call: ClientCall) => void
}

export class ClientCall {
  readonly original: Call
  readonly #request: RpcRequest
  readonly #ports: ClientCallPorts
  #round: Round | undefined
  #rounds = 0
  #requestBytes = 0
  /** Of the state and the answers of the round that is coming. */
  #roundBytes = 0
  /** What the client was asked and has not answered, and the server's name for it. */
  readonly #asked = new Map<RpcId, string>()
  #answers: [key: string, answer: JsonObject][] = []
  #requestState: string | undefined
  #timer: NodeJS.Timeout | undefined
  /** Told of this round, and of those before it. */
  #progress = 0
  #progressBefore = 0
  #isOver = false

  constructor(original: Call, request: RpcRequest, ports: ClientCallPorts) {
    this.original = original
    this.#request = request
    this.#ports = ports
  }

  get #isInRounds(): boolean {
    return ASKING.has(this.#request.method)
  }

  /** @throws RpcFault when it cannot be taken. */
  begin(): void {
    try {
      if (this.#isInRounds) this.#requestBytes = this.#keep(this.#request.params)
      this.#send(this.#request)
    } catch (error) {
      this.#finish()
      throw error
    }
  }

  settled(round: Round, { result, error }: RpcResponse): void {
    if (this.#round !== round) return
    this.#round = undefined
    if (isObject(error)) this.#end({ error: toOlderError(this.#request, error) })
    else if (!isObject(result)) this.#fail('answered with neither a result nor an error')
    else if (result['resultType'] === 'input_required') this.#goOn(result)
    else if (isComplete(result)) this.#complete(result)
    else this.#fail('answered in a way that this client does not know')
  }

  /** What the server tells of it, as the client may hear it. */
  told(message: RpcMessage): RpcMessage {
    const older = toOlderNotification(message)
    const params = progressAfter(this.#progressBefore, older)
    if (params === undefined) return older
    this.#progress = Math.max(this.#progress, Number(params['progress']))
    return this.#progressBefore === 0 ? older : { ...older, params }
  }

  /** The client's answer to a question, or why there is none. */
  answered({ id, result, error }: RpcResponse): void {
    const key = this.#forget(id as RpcId)
    if (key === undefined) return
    try {
      if (!isObject(result)) throw notAnswered(error)
      this.#roundBytes += this.#keep(result)
      this.#answers.push([key, result])
    } catch (fault) {
      this.#fail(RpcFault.from(fault).message)
      return
    }
    if (this.#asked.size === 0) this.#again()
  }

  /** Nobody waits for it any more. */
  cancel(notification: RpcNotification): void {
    if (this.#round !== undefined) this.#ports.cancel(this.#round, notification)
    this.#takeBack('the request was cancelled')
    this.#finish()
  }

  /** Between two rounds nobody else would answer it. */
  abandon(what: string): void {
    if (this.#round !== undefined || this.#isOver) return
    this.#takeBack(what)
    this.#end({ error: this.#errorOf(what) })
  }

  #send(request: RpcRequest): void {
    this.#rounds += 1
    this.#progressBefore = this.#progress
    this.#round = new Round(this)
    this.#ports.send(this.#round, request)
  }

  #complete(result: JsonObject): void {
    let older: JsonObject
    try {
      older = toOlderResult(this.#request.method, result, this.#ports.client.revision)
    } catch (error) {
      this.#fail(RpcFault.from(error).message)
      return
    }
    this.#end({ result: older })
  }

  #goOn(result: JsonObject): void {
    try {
      if (!this.#isInRounds) throw refused('asks for input where it may not')
      if (this.#rounds === INPUT_ROUNDS_MAX) {
        throw refused(`still needs input after ${INPUT_ROUNDS_MAX} rounds`)
      }
      const { inputs, requestState } = readInputRequired(result, this.#ports.client)
      this.#ports.kept.give(this.#roundBytes)
      this.#roundBytes = 0
      this.#roundBytes = this.#keep(requestState)
      this.#requestState = requestState
      this.#answers = []
      if (inputs.length > 0) this.#ask(inputs)
      else this.#timer = setTimeout(() => this.#again(), this.#ports.nextRoundMs)
    } catch (error) {
      this.#fail(RpcFault.from(error).message)
    }
  }

  /** All are known before the first is asked: an answer may come at once, and end the call. */
  #ask(inputs: readonly Input[]): void {
    const questions = inputs.map(({ key, method, params }) => {
      const id = this.#ports.nextQuestion(this)
      this.#asked.set(id, key)
      return { jsonrpc: '2.0' as const, id, method, ...(params && { params }) }
    })
    for (const question of questions) {
      if (this.#asked.has(question.id)) this.#ports.ask(this, question)
    }
  }

  #again(): void {
    const { inputResponses: _, requestState: __, ...params } = paramsOf(this.#request)
    const next = {
      ...params,
      ...(this.#answers.length > 0 && { inputResponses: Object.fromEntries(this.#answers) }),
      ...(this.#requestState !== undefined && { requestState: this.#requestState }),
    }
    try {
      this.#send({ ...this.#request, params: next })
    } catch (error) {
      this.#end(RpcFault.from(error).toResponse(this.original.id))
    }
  }

  #fail(what: string): void {
    this.#takeBack(what)
    const error = this.#errorOf(what)
    if (this.#request.method !== CALL_TOOL) this.#end({ error })
    else this.#end({ result: { content: [{ type: 'text', text: error.message }], isError: true } })
  }

  #errorOf(what: string): { code: number; message: string } {
    return { code: CODES.internal, message: `the service ${this.#ports.service}: ${what}` }
  }

  #takeBack(reason: string): void {
    for (const id of this.#asked.keys()) {
      this.#forget(id)
      this.#ports.takeBack(this, toCancelled(id, reason))
    }
  }

  #forget(id: RpcId): string | undefined {
    const key = this.#asked.get(id)
    if (this.#asked.delete(id)) this.#ports.answered(id)
    return key
  }

  #end(answer: Pick<RpcResponse, 'result' | 'error'>): void {
    this.#finish()
    this.original.settle({ ...answer, jsonrpc: '2.0', id: this.original.id })
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#round = undefined
    clearTimeout(this.#timer)
    this.#ports.kept.give(this.#requestBytes + this.#roundBytes)
    this.#ports.over(this)
  }

  /** @throws RpcFault when the session keeps too much already. */
  #keep(value: unknown): number {
    const bytes = roughSize(value)
    if (this.#ports.kept.take(bytes)) return bytes
    const message = 'too much of this session waits for answers: wait for some'
    throw new RpcFault(429, 'refused', message, { headers: { 'retry-after': '1' } })
  }
}

function isComplete({ resultType }: JsonObject): boolean {
  return resultType === undefined || resultType === 'complete'
}
