/**
 * One MCP server behind stdio, used by one session or shared by several.
 *
 * A shared one is initialized by the bridge itself, without capabilities: whatever a single client
 * can do must not be asked of all. Its sessions are answered from that one handshake.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Ending, StopWaits } from '../../lib/platform/process-group.ts'
import { LATEST_REVISION, olderRevision, revisionOf } from '../era.ts'
import {
  CODES,
  isObject,
  isRequest,
  isResponse,
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import { INITIALIZE_TIMEOUT_MS, STOP_WAITS } from '../limits.ts'
import type { Child, ChildEvents } from './child.ts'
import { Correlation } from './correlation.ts'
import type { Call, ProcessUser } from './process-user.ts'
import { isKeptFromClient, isKeptFromServer, withoutDeniedCapabilities } from './roots.ts'
import { Turns } from './turns.ts'

const HANDSHAKE: RpcRequest = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: LATEST_REVISION,
    capabilities: {},
    clientInfo: { name: 'mcp-oauth-gateway', version: '0.1.0' },
  },
}

/** The bridge itself, for the handshake of a shared process: it listens to nothing. */
const NOBODY: ProcessUser = {
  userId: undefined,
  isCongested: false,
  deliver: () => {},
  processEnded: () => {},
}

export class ServerProcess {
  readonly service: Service
  readonly users = new Set<ProcessUser>()
  /** Resolves when nothing of it is left: another one for the same key may begin. */
  readonly ended: Promise<Ending>
  readonly #child: Child
  readonly #log: Log
  readonly #correlation = new Correlation()
  readonly #turns = new Turns()
  #handshake: Promise<RpcResponse> | undefined
  #wasAsked = false
  #hasEnded = false

  constructor(service: Service, launch: (events: ChildEvents) => Child, log: Log) {
    this.service = service
    this.#log = log
    this.#child = launch({
      message: (message) => this.#receive(message),
      oversized: (id) => this.#failOversized(id),
      ended: (ending) => this.#failAll(ending),
    })
    this.ended = this.#child.gone.then(() => this.#child.ended)
  }

  get isShared(): boolean {
    return this.service.isolation !== 'session'
  }

  /** Nobody new may join. */
  get isStopping(): boolean {
    return this.#wasAsked || this.#hasEnded
  }

  /** Whether it was us who wanted it to end. */
  get wasAsked(): boolean {
    return this.#wasAsked
  }

  /** The server's answer to a session's `initialize`, an error included. */
  async initialize(user: ProcessUser, request: RpcRequest): Promise<RpcResponse> {
    if (!this.isShared) {
      return await this.#ask(user, withoutDeniedCapabilities(this.service, request))
    }
    this.#handshake ??= this.#shakeHands()
    const answer = await this.#handshake
    if (!isObject(answer.result)) return { ...answer, id: request.id }
    const protocolVersion = olderRevision(
      paramsOf(request)['protocolVersion'],
      revisionOf(answer.result),
    )
    return { ...answer, id: request.id, result: { ...answer.result, protocolVersion } }
  }

  /** @throws RpcFault when the process cannot take it. */
  request(user: ProcessUser, call: Call, request: RpcRequest): void {
    const start = (): void => this.#send(user, call, request)
    if (this.service.calls === 'serial') this.#turns.enter({ user, call, start })
    else start()
  }

  #send(user: ProcessUser, call: Call, request: RpcRequest): void {
    const outgoing = this.#correlation.outgoing(user, call, request)
    try {
      this.#child.send(outgoing)
    } catch (error) {
      this.#correlation.cancel(call)
      throw error
    }
  }

  /** A notification of a client, or its answer to a request of the server. */
  pass(message: RpcMessage): void {
    if (!isKeptFromServer(this.service, this.isShared, message)) this.#trySend(message)
  }

  /** `notifications/cancelled`, with the id the request has here. */
  cancel(call: Call, notification: RpcNotification): void {
    const requestId = this.#correlation.cancel(call)
    if (requestId !== undefined) {
      this.#trySend({ ...notification, params: { ...paramsOf(notification), requestId } })
    }
    this.#turns.leave(call)
  }

  /** A session has ended: its calls are answered, its tasks forgotten. */
  leave(user: ProcessUser): void {
    this.users.delete(user)
    this.#correlation.forgetTasks(user)
    const isTheirs = (one: ProcessUser): boolean => one === user
    const waiting = this.#turns.take(isTheirs)
    const calls = this.#correlation.take((_, one) => isTheirs(one))
    this.#fail([...waiting, ...calls], 'the session has ended')
  }

  /** A user that was congested reads again. */
  relieved(_user: ProcessUser): void {
    // Nothing is held back so far.
  }

  async stop(waits: StopWaits): Promise<Ending> {
    this.#wasAsked = !this.#hasEnded
    await this.#child.stop(waits)
    return await this.ended
  }

  async #shakeHands(): Promise<RpcResponse> {
    const answer = await this.#ask(NOBODY, HANDSHAKE)
    if (isObject(answer.result)) {
      this.#trySend({ jsonrpc: '2.0', method: 'notifications/initialized' })
    }
    // A server that refused its handshake is of no use to the next session either.
    else void this.stop(STOP_WAITS)
    return answer
  }

  async #ask(user: ProcessUser, request: RpcRequest): Promise<RpcResponse> {
    const { promise, resolve } = Promise.withResolvers<RpcResponse>()
    const call: Call = { id: request.id, settle: resolve }
    const timer = setTimeout(() => {
      this.#correlation.cancel(call)
      this.#fail([call], `did not answer initialize within ${INITIALIZE_TIMEOUT_MS / 1000} s`)
    }, INITIALIZE_TIMEOUT_MS)
    try {
      this.request(user, call, request)
      return await promise
    } finally {
      clearTimeout(timer)
    }
  }

  #receive(message: RpcMessage): void {
    if (isResponse(message)) {
      const call = this.#correlation.settle(message)
      if (call !== undefined) this.#turns.leave(call)
      else this.#log.debug({ rpc_id: message.id }, 'the server answered what nobody waits for')
    } else if (isRequest(message)) this.#receiveRequest(message)
    else if (message.method === 'notifications/progress') this.#correlation.progress(message)
    else for (const user of this.users) user.deliver(message, undefined)
  }

  #receiveRequest(request: RpcRequest): void {
    const { jsonrpc, id, method } = request
    if (this.isShared && method === 'ping') {
      this.#trySend({ jsonrpc, id, result: {} })
    } else if (this.isShared || isKeptFromClient(this.service, method)) {
      const message = `the gateway does not pass ${method} on for this service`
      this.#trySend({ jsonrpc, id, error: { code: CODES.methodNotFound, message } })
    } else for (const user of this.users) user.deliver(request, undefined)
  }

  #trySend(message: RpcMessage): void {
    try {
      this.#child.send(message)
    } catch (error) {
      this.#log.warn({ err: error, method: message.method }, 'the server does not read')
    }
  }

  #failOversized(id: number | undefined): void {
    const calls = this.#correlation.take((one) => id === undefined || one === id)
    this.#fail(calls, 'sent an answer larger than the gateway passes on')
  }

  #failAll({ spawnError }: Ending): void {
    const waiting = this.#turns.take(() => true)
    const calls = this.#correlation.take(() => true)
    this.#fail(
      [...waiting, ...calls],
      spawnError === undefined ? 'ended before it answered' : 'could not be started',
    )
    this.#hasEnded = true
    for (const user of this.users) user.processEnded()
  }

  #fail(calls: readonly Call[], what: string): void {
    const fault = new RpcFault(502, 'internal', `the service ${this.service.name}: ${what}`)
    for (const call of calls) {
      call.settle(fault.toResponse(call.id))
      this.#turns.leave(call)
    }
  }
}
