/**
 * One MCP server, used by one client or shared by several: what it is asked reaches it, what it says
 * reaches whom it belongs to. What is said beside calls depends on its era.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import type { Log } from '../../lib/platform/log.ts'
import type { Ending, StopWaits } from '../../lib/platform/process-group.ts'
import type { Tracing } from '../../lib/platform/tracing/tracing.ts'
import {
  isRequest,
  isResponse,
  RpcFault,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'
import { STOP_WAITS } from '../limits.ts'
import { Ticker } from '../ticker.ts'
import { CallTraces } from './call-traces.ts'
import { Calls } from './calls.ts'
import { Congestion } from './congestion.ts'
import type { Conversation, ConversationPorts } from './conversation.ts'
import { NOBODY } from './handshake.ts'
import type { HostedEnding } from './host.ts'
import { toNotBegun } from './never-begun.ts'
import type { OversizedCall } from './oversized.ts'
import type { ProcessCounts } from './process-counts.ts'
import type { Call, ProcessUser } from './process-user.ts'
import { ServerInput } from './server-input.ts'
import type { Era, SessionServer } from './servers.ts'
import { SessionsConversation } from './sessions-conversation.ts'
import { StatelessConversation } from './stateless-conversation.ts'
import type { Upstream, UpstreamEvents } from './upstream.ts'
import { WarmUp } from './warm-up.ts'

export interface ServerProcessOptions {
  readonly era?: Era
  /** What `roots: fixed` tells. */
  readonly rootFolders?: () => readonly string[]
  /** Beats once a second. */
  readonly seconds?: Ticker
  /** Undefined where traces are off. */
  readonly tracing?: Tracing | undefined
}

const SECONDS = new Ticker(1000)

/** With the era `stateless` nobody may ask it to `initialize`. */
export class ServerProcess implements SessionServer {
  readonly service: Service
  readonly era: Era
  readonly rootFolders: () => readonly string[]
  readonly users = new Set<ProcessUser>()
  readonly counts: ProcessCounts = { calls: 0, timeouts: 0, dropped: 0 }
  /** Resolves when nothing of it is left: another one for the same key may begin. */
  readonly ended: Promise<Ending>
  readonly #upstream: Upstream
  readonly #log: Log
  readonly #input: ServerInput
  readonly #calls: Calls
  readonly #conversation: Conversation
  readonly #congestion: Congestion
  readonly #warmUp: WarmUp
  #wasAsked = false
  #hasEnded = false
  /** It was never there, for a reason that may pass. */
  #notBegun: RpcFault | undefined

  constructor(
    service: Service,
    launch: (events: UpstreamEvents) => Upstream,
    log: Log,
    {
      era = 'sessions',
      rootFolders = () => [],
      seconds = SECONDS,
      tracing,
    }: ServerProcessOptions = {},
  ) {
    this.service = service
    this.era = era
    this.rootFolders = rootFolders
    this.#log = log
    this.#calls = this.#createCalls(tracing)
    this.#conversation = this.#createConversation(rootFolders)
    this.#upstream = launch({
      message: (message, about) => this.#endUnless(() => this.#receive(message, about)),
      oversized: (call) => this.#endUnless(() => this.#receiveOversized(call)),
      ended: (ending) => this.#end(ending),
    })
    this.#input = new ServerInput(service.name, this.#upstream, log)
    this.#congestion = new Congestion(this.#upstream, this.users)
    this.#warmUp = new WarmUp({
      ask: (call, request) => this.#calls.forward(NOBODY, call, request, false),
      forget: (call) => this.#calls.forget(call),
    })
    this.ended = this.#upstream.gone.then(() => this.#upstream.ended)
    seconds.add(this)
    void this.ended.then(() => seconds.remove(this))
  }

  /** Whether it outlives those who use it now. */
  get isShared(): boolean {
    return this.era === 'stateless' || this.service.isolation !== 'session'
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

  /**
   * The server's answer to a session's `initialize`, an error included.
   * @throws RpcFault when the process cannot take it; 503 when none could be started for now.
   */
  async initialize(user: ProcessUser, request: RpcRequest): Promise<RpcResponse> {
    this.#congestion.recheck()
    this.#warmUp.end()
    const answer = await this.#conversation.initialize(user, request)
    if (this.#notBegun !== undefined) throw this.#notBegun
    return answer
  }

  /** For one that is nobody's yet. */
  warm(): void {
    this.#warmUp.begin()
  }

  /** @throws RpcFault when the process cannot take it. */
  request(user: ProcessUser, call: Call, request: RpcRequest): void {
    if (request.method === 'initialize') {
      throw new RpcFault(400, 'invalidRequest', 'this session has begun: initialize opens another')
    }
    this.counts.calls += 1
    this.#conversation.request(user, call, request)
  }

  /** A notification of a client, or its answer to a request of the server. */
  pass(message: RpcMessage): void {
    this.#conversation.pass(message)
  }

  /** `notifications/cancelled`, with the id the request has here. */
  cancel(call: Call, notification: RpcNotification): void {
    this.#calls.cancel(call, notification)
  }

  /** A session has ended: its calls are answered, what was its own is forgotten. */
  leave(user: ProcessUser): void {
    this.users.delete(user)
    const waiting = this.#conversation.take((one) => one === user)
    const what = 'the session has ended'
    if (this.isShared) this.#calls.failOfUser(user, waiting, what)
    else this.#calls.failAll(waiting, what)
    this.#conversation.left(user)
    this.#congestion.recheck()
  }

  /** A user that was congested reads again. */
  relieved(_user: ProcessUser): void {
    this.#congestion.recheck()
  }

  /** A second has passed. */
  beat(): void {
    const timeouts = this.#calls.beat(this.#conversation.isWaiting || this.#congestion.isHolding)
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

  #createCalls(tracing: Tracing | undefined): Calls {
    const transport = this.service.launch.kind === 'remote' ? 'tcp' : 'pipe'
    return new Calls(this.service, {
      send: (request) => this.#input.send(request),
      notify: (notification) => this.#input.trySend(notification),
      toVisible: (user, call, answer) => this.#conversation.answered(user, call, answer),
      onDropped: (call) => this.#conversation.dropped(call),
      onUnsettled: (error) =>
        this.#log.error({ err: error }, 'an answer of the server could not be passed on'),
      traces: tracing && new CallTraces(tracing, transport),
    })
  }

  #createConversation(rootFolders: () => readonly string[]): Conversation {
    const ports: ConversationPorts = {
      users: this.users,
      forward: (user, call, request, isTimed) => this.#calls.forward(user, call, request, isTimed),
      giveUp: (call, what) => this.#calls.giveUp(call, what),
      find: (id) => this.#calls.find(id),
      open: () => this.#calls.open(),
      settle: (response) => this.#receiveAnswer(response),
      send: (message) => this.#input.trySend(message),
      deliver: (message, hearers, call) => this.#deliver(message, hearers, call),
      refused: () => void this.stop(STOP_WAITS),
    }
    if (this.era === 'stateless') {
      return new StatelessConversation(ports, this.service.isolation === 'shared')
    }
    const tell = (method: string, params: object): void => this.#tell(method, params)
    return new SessionsConversation(this.service, ports, tell, rootFolders)
  }

  /** What goes wrong with a message of one server must not end us, and with us the servers of all others. */
  #endUnless(handle: () => void): void {
    try {
      handle()
    } catch (error) {
      this.#log.error({ err: error }, 'a message of the server could not be handled: it ends')
      void this.stop(STOP_WAITS)
    }
  }

  #receive(message: RpcMessage, about: number | undefined): void {
    if (isResponse(message)) this.#receiveAnswer(message)
    else if (isRequest(message)) this.#conversation.receiveRequest(message, about)
    else this.#receiveNotification(message as RpcNotification, about)
  }

  #receiveOversized(call: OversizedCall): void {
    if (call === 'none') this.counts.dropped += 1
    else this.#calls.failSent(call, 'sent an answer larger than the gateway passes on')
  }

  #receiveAnswer(answer: RpcResponse): void {
    const settled = this.#calls.settle(answer)
    if (settled === undefined) this.counts.dropped += 1
    else this.#congestion.check(settled.user)
  }

  #receiveNotification(notification: RpcNotification, about: number | undefined): void {
    if (notification.method !== 'notifications/progress') {
      this.#conversation.receiveNotification(notification, about)
      return
    }
    const user = this.#calls.progress(notification)
    if (user === undefined) this.counts.dropped += 1
    else this.#congestion.check(user)
  }

  #deliver(message: RpcMessage, hearers: Iterable<ProcessUser>, call?: Call): void {
    let heard = 0
    for (const user of hearers) {
      heard += 1
      user.deliver(message, call)
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

  #end({ spawnError, isTemporary }: HostedEnding): void {
    this.#hasEnded = true
    if (isTemporary === true) this.#notBegun = toNotBegun(this.service)
    this.#input.end(this.#notBegun ?? (spawnError && toNotStarted(this.service)))
    const what = spawnError === undefined ? 'ended before it answered' : 'could not be started'
    this.#calls.failAll(
      this.#conversation.take(() => true),
      what,
    )
    for (const user of this.users) user.processEnded()
  }
}

function toNotStarted({ name }: Service): RpcFault {
  return new RpcFault(502, 'internal', `the service ${name}: could not be started`)
}
