/**
 * One MCP server behind stdio, used by one session or shared by several: what it is asked reaches
 * it, what it says reaches whom it belongs to.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Ending, StopWaits } from '../../lib/platform/process-group.ts'
import {
  isRequest,
  isResponse,
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import { STOP_WAITS } from '../limits.ts'
import { Ticker } from '../ticker.ts'
import { Calls } from './calls.ts'
import { Congestion } from './congestion.ts'
import { Handshake, NOBODY } from './handshake.ts'
import type { ProcessCounts } from './process-counts.ts'
import type { Call, ProcessUser } from './process-user.ts'
import { isKeptFromServer } from './roots.ts'
import { ServerInput } from './server-input.ts'
import { ServerRequests } from './server-requests.ts'
import { isForShared, Sharing } from './sharing.ts'
import type { Upstream, UpstreamEvents } from './upstream.ts'

export interface ServerProcessOptions {
  /** What `roots: fixed` tells. */
  readonly rootFolders?: () => readonly string[]
  /** Beats once a second. */
  readonly seconds?: Ticker
}

const SECONDS = new Ticker(1000)

export class ServerProcess {
  readonly service: Service
  readonly users = new Set<ProcessUser>()
  readonly counts: ProcessCounts = { calls: 0, timeouts: 0, dropped: 0 }
  /** Resolves when nothing of it is left: another one for the same key may begin. */
  readonly ended: Promise<Ending>
  readonly #upstream: Upstream
  readonly #log: Log
  readonly #input: ServerInput
  readonly #calls: Calls
  readonly #handshake: Handshake
  readonly #requests: ServerRequests
  readonly #sharing: Sharing | undefined
  readonly #congestion: Congestion
  #wasAsked = false
  #hasEnded = false

  constructor(
    service: Service,
    launch: (events: UpstreamEvents) => Upstream,
    log: Log,
    { rootFolders = () => [], seconds = SECONDS }: ServerProcessOptions = {},
  ) {
    this.service = service
    this.#log = log
    this.#calls = this.#createCalls()
    this.#requests = new ServerRequests(service, rootFolders)
    this.#handshake = this.#createHandshake()
    this.#sharing = this.isShared ? this.#createSharing() : undefined
    this.#upstream = launch({
      message: (message) => this.#receive(message),
      oversized: (id) =>
        this.#calls.failSent(id, 'sent an answer larger than the gateway passes on'),
      ended: (ending) => this.#end(ending),
    })
    this.#input = new ServerInput(service.name, this.#upstream, log)
    this.#congestion = new Congestion(this.#upstream, this.users)
    this.ended = this.#upstream.gone.then(() => this.#upstream.ended)
    seconds.add(this)
    void this.ended.then(() => seconds.remove(this))
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

  /** Requests that it has to answer. */
  get pending(): number {
    return this.#calls.size
  }

  /** The server's answer to a session's `initialize`, an error included. */
  async initialize(user: ProcessUser, request: RpcRequest): Promise<RpcResponse> {
    this.#congestion.recheck()
    const answer = await this.#handshake.initialize(user, request)
    this.#sharing?.joined()
    return answer
  }

  /** @throws RpcFault when the process cannot take it. */
  request(user: ProcessUser, call: Call, request: RpcRequest): void {
    if (request.method === 'initialize') {
      throw new RpcFault(400, 'invalidRequest', 'this session has begun: initialize opens another')
    }
    this.counts.calls += 1
    if (this.#sharing === undefined) this.#calls.forward(user, call, request)
    else this.#sharing.request(user, call, request)
  }

  /** A notification of a client, or its answer to a request of the server. */
  pass(message: RpcMessage): void {
    if (isResponse(message)) this.#requests.over(message.id)
    if (isKeptFromServer(this.service, message)) return
    if (this.#sharing === undefined || isForShared(message)) this.#input.trySend(message)
  }

  /** `notifications/cancelled`, with the id the request has here. */
  cancel(call: Call, notification: RpcNotification): void {
    this.#calls.cancel(call, notification)
  }

  /** A session has ended: its calls are answered, what was its own is forgotten. */
  leave(user: ProcessUser): void {
    this.users.delete(user)
    const waiting = this.#sharing?.take((one) => one === user) ?? []
    this.#calls.failOfUser(user, waiting, 'the session has ended')
    this.#sharing?.left(user)
    this.#congestion.recheck()
  }

  /** A user that was congested reads again. */
  relieved(_user: ProcessUser): void {
    this.#congestion.recheck()
  }

  /** A second has passed. */
  beat(): void {
    const timeouts = this.#calls.beat(this.#requests.isWaiting || this.#congestion.isHolding)
    this.counts.timeouts += timeouts
    if (timeouts === 0 || !this.#calls.isHung || this.isStopping) return
    this.#log.warn('the server answers nothing any more: it ends')
    void this.stop(STOP_WAITS)
  }

  async stop(waits: StopWaits): Promise<Ending> {
    this.#wasAsked = !this.#hasEnded
    await this.#upstream.stop(waits)
    return await this.ended
  }

  #createCalls(): Calls {
    return new Calls(this.service, {
      send: (request) => this.#input.send(request),
      notify: (notification) => this.#input.trySend(notification),
      toVisible: (user, call, answer) => this.#sharing?.answered(user, call, answer) ?? answer,
      onDropped: (call) => this.#sharing?.dropped(call),
    })
  }

  #createHandshake(): Handshake {
    return new Handshake(this.service, {
      forward: (user, call, request) => this.#calls.forward(user, call, request, false),
      giveUp: (call, what) => this.#calls.giveUp(call, what),
      notify: (notification) => this.#input.trySend(notification),
      refused: () => void this.stop(STOP_WAITS),
    })
  }

  #createSharing(): Sharing {
    return new Sharing(this.service.isolation, {
      users: this.users,
      forward: (user, call, request) => this.#calls.forward(user, call, request),
      tell: (method, params) => this.#tell(method, params),
    })
  }

  #receive(message: RpcMessage): void {
    if (isResponse(message)) this.#receiveAnswer(message)
    else if (isRequest(message)) this.#receiveRequest(message)
    else this.#receiveNotification(message as RpcNotification)
  }

  #receiveAnswer(answer: RpcResponse): void {
    const settled = this.#calls.settle(answer)
    if (settled === undefined) this.counts.dropped += 1
    else this.#congestion.check(settled.user)
  }

  #receiveRequest(request: RpcRequest): void {
    const destination = this.#requests.receive(request)
    if (destination === 'client') this.#deliver(request, this.users)
    else if (destination === 'nobody') this.counts.dropped += 1
    else this.#input.trySend(destination)
  }

  #receiveNotification(notification: RpcNotification): void {
    const { method } = notification
    if (method === 'notifications/progress') {
      const user = this.#calls.progress(notification)
      if (user === undefined) this.counts.dropped += 1
      else this.#congestion.check(user)
      return
    }
    if (method === 'notifications/cancelled') {
      this.#requests.over(paramsOf(notification)['requestId'])
    }
    this.#deliver(notification, this.#sharing?.hearers(notification) ?? this.users)
  }

  #deliver(message: RpcMessage, users: Iterable<ProcessUser>): void {
    let heard = 0
    for (const user of users) {
      heard += 1
      user.deliver(message, undefined)
      this.#congestion.check(user)
    }
    if (heard === 0) this.counts.dropped += 1
  }

  /** A request of the bridge's own: nobody waits for the answer. */
  #tell(method: string, params: object): void {
    try {
      this.#calls.forward(
        NOBODY,
        { id: 0, settle: () => {} },
        { jsonrpc: '2.0', id: 0, method, params },
      )
    } catch (error) {
      this.#log.debug({ err: error, method }, 'the server does not read')
    }
  }

  #end({ spawnError }: Ending): void {
    this.#hasEnded = true
    this.#input.end()
    const what = spawnError === undefined ? 'ended before it answered' : 'could not be started'
    this.#calls.failAll(this.#sharing?.take(() => true) ?? [], what)
    for (const user of this.users) user.processEnded()
  }
}
