/**
 * A session of the revisions with `initialize` (MCP 2024-11-05 to 2025-11-25) in front of a server that
 * knows none (2026-07-28): each side believes that the other is of its own era.
 *
 * What the server wants to know of the client goes with each request, what it asks back becomes requests
 * to the client, and what it tells on `subscriptions/listen` is what sessions are told anyway.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import {
  isRequest,
  isResponse,
  RpcFault,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
  toCancelled,
} from '../json-rpc.ts'
import { ROUNDS_KEPT_BYTES_MAX } from '../limits.ts'
import { LISTEN } from '../methods.ts'
import { INITIALIZED } from '../runner/handshake.ts'
import type { Call, ProcessUser } from '../runner/process-user.ts'
import { answerRoots } from '../runner/roots.ts'
import type { SessionServer, StatelessServer } from '../runner/servers.ts'
import { SUBSCRIBE, UNSUBSCRIBE } from '../runner/subscriptions.ts'
import { speaksStateless } from '../stateless/discovery-question.ts'
import { STATELESS_REVISION } from '../stateless/envelope.ts'
import { answer, refuse, setLevel } from './sessions/answer-here.ts'
import { Changes } from './sessions/changes.ts'
import { ClientCall, type ClientCallPorts } from './sessions/client-call.ts'
import { discover } from './sessions/discover.ts'
import { Listen } from './sessions/listen.ts'
import { toOlderError } from './sessions/older-answer.ts'
import { toInitializeResult } from './sessions/older-handshake.ts'
import { toOlderNotification } from './sessions/older-notification.ts'
import { Kept } from './sessions/rough-size.ts'
import { Round } from './sessions/round.ts'
import { SessionClient } from './sessions/session-client.ts'
import { WAITS, type Waits } from './sessions/waits.ts'

export interface SessionOverStatelessOptions {
  /** Who uses it. */
  readonly session: ProcessUser
  readonly service: Service
  readonly waits?: Waits
}

/** A server, and what `roots: fixed` tells it. */
export interface ServerWithRoots extends StatelessServer {
  readonly rootFolders: () => readonly string[]
}

/** What was agreed on in `initialize`. */
interface Agreed {
  readonly client: SessionClient
  /** What the server can do, as the client was told. */
  readonly capabilities: JsonObject
  readonly ports: ClientCallPorts
}

/** It is the user of its server, and the session is its own. */
export class SessionOverStateless implements SessionServer, ProcessUser {
  readonly #options: SessionOverStatelessOptions
  readonly #waits: Waits
  readonly #calls = new Map<Call, ClientCall>()
  /** What the client is asked, and for which call. */
  readonly #questions = new Map<unknown, ClientCall>()
  readonly #changes: Changes
  #lastQuestion = 0
  #server: ServerWithRoots | undefined
  #agreed: Agreed | undefined

  constructor(options: SessionOverStatelessOptions) {
    this.#options = options
    this.#waits = options.waits ?? WAITS
    this.#changes = this.#createChanges()
  }

  get userId(): string | undefined {
    return this.#options.session.userId
  }

  get isCongested(): boolean {
    return this.#options.session.isCongested
  }

  begin(server: ServerWithRoots): void {
    this.#server = server
  }

  /** @throws RpcFault when the server cannot be asked. */
  async initialize(_user: ProcessUser, request: RpcRequest): Promise<RpcResponse> {
    const { id } = request
    const { service } = this.#options
    const client = new SessionClient(service, request)
    const withinMs = this.#waits.initializeMs
    const discovered = await discover(this.#process, this, {
      service: service.name,
      client,
      id,
      withinMs,
    })
    const { result, error } = discovered
    if (isObject(error)) return { ...discovered, error: toOlderError(request, error) }
    if (!isObject(result) || !speaksStateless(result)) {
      const words = `the service ${service.name}: does not speak ${STATELESS_REVISION}`
      return new RpcFault(200, 'internal', words).toResponse(id)
    }
    const told = toInitializeResult(service, client, result)
    this.#agreed = { client, capabilities: told.capabilities, ports: this.#createPorts(client) }
    this.#changes.announced(told.capabilities)
    return { jsonrpc: '2.0', id, result: told }
  }

  /** @throws RpcFault when it cannot be taken. */
  request(_user: ProcessUser, call: Call, request: RpcRequest): void {
    const agreed = this.#agreed
    if (request.method === 'initialize' || agreed === undefined) {
      throw new RpcFault(400, 'invalidRequest', 'this session has begun: initialize opens another')
    }
    switch (request.method) {
      case 'ping':
        answer(call, { result: {} })
        break
      case 'logging/setLevel':
        setLevel(agreed.client, agreed.capabilities, call, request)
        break
      case SUBSCRIBE:
      case UNSUBSCRIBE:
        this.#subscribe(agreed, call, request)
        break
      case LISTEN:
        refuse(call, 'methodNotFound', `${LISTEN} is of a later revision`)
        break
      default:
        this.#call(agreed, call, request)
    }
  }

  /** Servers without sessions take nothing but requests. */
  pass(message: RpcMessage): void {
    if (message.method === INITIALIZED) this.#changes.begin()
    else if (isResponse(message)) this.#questions.get(message.id)?.answered(message)
  }

  cancel(call: Call, notification: RpcNotification): void {
    if (!this.#changes.cancel(call)) this.#calls.get(call)?.cancel(notification)
  }

  relieved(): void {
    this.#server?.relieved(this)
  }

  deliver(message: RpcMessage, call: Call | undefined): void {
    if (call instanceof Listen) this.#changes.receive(call, message)
    else if (call instanceof Round) {
      this.#options.session.deliver(call.call.told(message), call.call.original)
    } else if (!isRequest(message)) this.#options.session.deliver(message, undefined)
  }

  processEnded(): void {
    this.#abandon('ended before it answered')
    this.#options.session.processEnded()
  }

  /** The session is over: nothing is told or asked any more. */
  end(): void {
    this.#changes.end()
    this.#abandon('the session has ended')
  }

  get #process(): ServerWithRoots {
    if (this.#server !== undefined) return this.#server
    throw new RpcFault(500, 'internal', 'the session has no server yet')
  }

  #call({ ports }: Agreed, call: Call, request: RpcRequest): void {
    const own = new ClientCall(call, request, ports)
    this.#calls.set(call, own)
    own.begin()
  }

  #subscribe({ capabilities }: Agreed, call: Call, { method, params }: RpcRequest): void {
    const { resources } = capabilities
    const uri = isObject(params) ? params['uri'] : undefined
    if (!isObject(resources) || resources['subscribe'] !== true) {
      refuse(call, 'methodNotFound', 'the server tells of no changes of single resources')
    } else if (typeof uri !== 'string') refuse(call, 'invalidParams', 'uri is a string')
    else if (method === SUBSCRIBE) this.#changes.subscribe(call, uri)
    else this.#changes.unsubscribe(call, uri)
  }

  /** What is between two rounds: the server has the others, and they are answered where it is. */
  #abandon(what: string): void {
    for (const call of [...this.#calls.values()]) call.abandon(what)
  }

  #createChanges(): Changes {
    const { session } = this.#options
    return new Changes({
      waits: this.#waits,
      send: (listen, request) => {
        const { client } = this.#agreed ?? {}
        if (client !== undefined) this.#process.request(this, listen, client.wrap(request))
      },
      cancel: (listen) =>
        this.#process.cancel(listen, toCancelled(listen.id, 'not needed any more')),
      tell: (message) => session.deliver(toOlderNotification(message), undefined),
    })
  }

  #createPorts(client: SessionClient): ClientCallPorts {
    const { session, service } = this.#options
    const server = this.#process
    return {
      service: service.name,
      client,
      kept: new Kept(ROUNDS_KEPT_BYTES_MAX),
      nextRoundMs: this.#waits.nextRoundMs,
      send: (round, request) => server.request(this, round, client.wrap(request)),
      cancel: (round, notification) => server.cancel(round, notification),
      ask: (call, question) => {
        const answered = answerRoots(service, question, server.rootFolders)
        if (answered === undefined) session.deliver(question, call.original)
        else call.answered(answered)
      },
      takeBack: (call, notification) => session.deliver(notification, call.original),
      nextQuestion: (call) => {
        this.#lastQuestion += 1
        const id = `input-${this.#lastQuestion}`
        this.#questions.set(id, call)
        return id
      },
      answered: (id) => this.#questions.delete(id),
      over: (call) => this.#calls.delete(call.original),
    }
  }
}
