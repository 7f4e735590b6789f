/**
 * What a server of the revisions with sessions takes for a client, on behalf of clients that have none: one
 * session, begun with what they have declared, in which all that they ask is asked.
 */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { revisionOf } from '../../era.ts'
import {
  isRequest,
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcNotification,
  toCancelled,
} from '../../json-rpc.ts'
import { PENDING_PER_SESSION_MAX } from '../../limits.ts'
import { CANCELLED } from '../../methods.ts'
import { LEVELS } from '../../runner/log-levels.ts'
import type { Call, ProcessUser } from '../../runner/process-user.ts'
import type { ServerProcess } from '../../runner/server-process.ts'
import { SUBSCRIBE, UNSUBSCRIBE } from '../../runner/subscriptions.ts'
import type { Session, SessionOwner } from '../../sessions.ts'
import type { Ticker } from '../../ticker.ts'
import { beginSession, type Declared } from './begin-session.ts'
import { Listeners } from './listeners.ts'
import { LogWishes } from './log-wishes.ts'
import { toOlderRequest } from './older-request.ts'
import { PutQuestions } from './put-questions.ts'
import type { Rounds } from './rounds.ts'
import { StandingCall, type StandingCallPorts, type Waiter } from './standing-call.ts'

export interface StandingClientOptions extends Declared {
  readonly id: string
  readonly owner: SessionOwner
  readonly rounds: Rounds<StandingCall>
  /** Beats once a second. */
  readonly seconds: Ticker
  /** Called once, when it is over for whatever reason. */
  readonly onEnd: (client: StandingClient) => void
}

/** What no client of this revision is told. */
const NOT_TOLD: ReadonlySet<string> = new Set([
  CANCELLED,
  'notifications/elicitation/complete',
  'notifications/tasks/status',
])

export class StandingClient implements ProcessUser, Session {
  readonly isStanding = true
  readonly id: string
  readonly owner: SessionOwner
  readonly listeners: Listeners
  readonly #options: StandingClientOptions
  readonly #calls = new Set<StandingCall>()
  readonly #callPorts: StandingCallPorts
  readonly #questions: PutQuestions
  readonly #levels: LogWishes
  #process: ServerProcess | undefined
  #begun: JsonObject = {}
  #isOver = false

  constructor(options: StandingClientOptions) {
    const { id, owner, capabilities, seconds } = options
    this.id = id
    this.owner = owner
    this.#options = options
    this.#questions = new PutQuestions({
      capabilities,
      seconds,
      calls: this.#calls,
      pass: (response) => this.#process?.pass(response),
    })
    this.#callPorts = this.#createCallPorts()
    this.#levels = new LogWishes((level, refused) => {
      void this.#ask('logging/setLevel', { level }).then((isTaken) => {
        if (!isTaken) refused()
      })
    })
    this.listeners = new Listeners({
      capabilities: () => this.#serverCapabilities,
      serverInfo: () => this.#begun['serverInfo'],
      relieved: () => this.#process?.relieved(this),
      subscribe: (uri) => this.#ask(SUBSCRIBE, { uri }),
      unsubscribe: (uri) => void this.#ask(UNSUBSCRIBE, { uri }),
    })
  }

  get revision(): string {
    return revisionOf(this.#begun)
  }

  /** What the server has answered to `initialize`. */
  get begun(): JsonObject {
    return this.#begun
  }

  get process(): ServerProcess | undefined {
    return this.#process
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether it can be asked something: its process may be ending already. */
  get isOfUse(): boolean {
    return !this.#isOver && this.#process?.isStopping === false
  }

  /** Also while its client gathers what it was asked for: it comes back in time, or the request is given up. */
  get isBusy(): boolean {
    return this.#calls.size > 0 || !this.listeners.isEmpty
  }

  get userId(): string {
    return this.owner.user
  }

  get isCongested(): boolean {
    for (const call of this.#calls) if (call.isCongested) return true
    return this.listeners.isCongested
  }

  take(process: ServerProcess): void {
    this.#process = process
  }

  /** @throws SessionRefused */
  async begin(): Promise<void> {
    if (this.#process === undefined) throw new Error('it has no process')
    this.#begun = await beginSession(this.#process, this, this.#options)
  }

  /** @throws RpcFault when the server cannot take it. */
  call(waiter: Waiter): StandingCall {
    this.#assertRoom()
    const { level } = waiter
    if (level !== undefined && this.#serverCapabilities['logging'] !== undefined) {
      this.#levels.want(level)
    }
    const call = new StandingCall(this.#callPorts, waiter)
    this.#calls.add(call)
    try {
      this.#process?.request(this, call, toOlderRequest(waiter.request))
    } catch (error) {
      this.#calls.delete(call)
      throw error
    }
    return call
  }

  deliver(message: RpcMessage, call: Call | undefined): void {
    const known = call instanceof StandingCall ? call : undefined
    if (isRequest(message)) this.#questions.ask(message, known)
    else if (message.method !== undefined) this.#tell(message as RpcNotification, known)
  }

  processEnded(): void {
    this.end()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#questions.end()
    this.listeners.end()
    const { service } = this.owner
    const message = `the service ${service}: has ended, or was changed: call again`
    const fault = new RpcFault(502, 'internal', message)
    for (const call of this.#calls) call.settle(fault.toResponse(call.id))
    this.#options.onEnd(this)
  }

  get #serverCapabilities(): JsonObject {
    const { capabilities } = this.#begun
    return isObject(capabilities) ? capabilities : {}
  }

  #createCallPorts(): StandingCallPorts {
    const { id, owner, capabilities, rounds } = this.#options
    return {
      client: id,
      relieved: () => this.#process?.relieved(this),
      owner,
      capabilities,
      rounds,
      serverInfo: () => this.#begun['serverInfo'],
      answered: (question, given) => this.#questions.answer(question, given, this.revision),
      refused: (question, reason) => this.#questions.refuse(question, reason),
      passedOn: (question) => this.#questions.passOn(question),
      settled: (call) => void this.#calls.delete(call),
      cancelled: (call, reason) => {
        this.#calls.delete(call)
        this.#process?.cancel(call, toCancelled(call.id, reason))
      },
    }
  }

  /** `known`: the request it belongs to, where that is known. */
  #tell(notification: RpcNotification, known: StandingCall | undefined): void {
    const { method } = notification
    const { requestId, level } = paramsOf(notification)
    if (method === CANCELLED) this.#questions.takeBack(requestId)
    if (NOT_TOLD.has(method) || this.listeners.tell(notification)) return
    const possible = known === undefined ? [...this.#calls] : [known]
    if (method === 'notifications/progress') {
      // One whose request is over has nobody.
      known?.notify(notification)
    } else if (method === 'notifications/message') {
      const place = LEVELS.indexOf(level)
      possible.findLast((one) => one.wantsLog(place))?.notify(notification)
    } else possible.findLast((one) => one.isAttended)?.notify(notification)
  }

  /** In nobody's name; whether the server has agreed. */
  #ask(method: string, params: JsonObject): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const call: Call = { id: 0, settle: ({ error }) => resolve(error === undefined) }
    try {
      this.#process?.request(this, call, { jsonrpc: '2.0', id: 0, method, params })
    } catch {
      resolve(false)
    }
    return promise
  }

  #assertRoom(): void {
    if (this.#calls.size < PENDING_PER_SESSION_MAX) return
    const message = `${PENDING_PER_SESSION_MAX} requests of this client wait for an answer: wait for some`
    throw new RpcFault(429, 'refused', message, { headers: { 'retry-after': '1' } })
  }
}
