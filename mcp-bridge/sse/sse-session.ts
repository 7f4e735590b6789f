/**
 * One session of the HTTP+SSE transport (MCP 2024-11-05): its client hears everything on the one stream that
 * it has opened, and the end of the stream is the session's.
 */

import type { ServerResponse } from 'node:http'
import { isObject } from '../../lib/platform/json.ts'
import { toText } from '../answer.ts'
import { Asked } from '../asked.ts'
import { Backlog } from '../backlog.ts'
import { revisionOf, withServedRevision } from '../era.ts'
import { EventStream } from '../event-stream.ts'
import {
  isRequest,
  isResponse,
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcRequest,
  type RpcResponse,
  toCancelled,
  trySerialize,
} from '../json-rpc.ts'
import { PENDING_PER_SESSION_MAX } from '../limits.ts'
import { CANCELLED } from '../methods.ts'
import type { Call, ProcessUser } from '../runner/process-user.ts'
import type { SessionServer } from '../runner/servers.ts'
import type { StreamPorts } from '../session-streams.ts'
import type { Session, SessionOwner } from '../sessions.ts'
import type { WatchedCall } from '../tools/watched-call.ts'

export interface SseSessionOptions {
  readonly id: string
  readonly owner: SessionOwner
  readonly ports: StreamPorts
  /** Its server has agreed to the session. */
  readonly onAgreed: () => void
  /** Its server has refused: whether it has another one now. */
  readonly takeAnother: (error: unknown) => Promise<boolean>
  /** Called once. */
  readonly onEnd: () => void
}

/** The caller's session, in a way that it has not begun. */
export function toOtherTransport(): RpcFault {
  const message = 'no such session on this transport: begin again with initialize'
  return new RpcFault(404, 'sessionNotFound', message)
}

interface OpenCall extends Call {
  readonly watched: WatchedCall | undefined
}

export class SseSession implements Session, ProcessUser {
  readonly id: string
  readonly owner: SessionOwner
  /** Until another one is agreed on, that of the transport. */
  revision = '2024-11-05'
  readonly #options: SseSessionOptions
  readonly #backlog: Backlog
  readonly #calls = new Set<OpenCall>()
  #server: SessionServer | undefined
  #leave: () => void = () => {}
  #stream: EventStream | undefined
  /** From `initialize` on. */
  #asked: Asked | undefined
  #isOver = false

  constructor(options: SseSessionOptions) {
    this.id = options.id
    this.owner = options.owner
    this.#options = options
    const { ports, owner } = options
    this.#backlog = new Backlog(ports.unread, owner.user, () => this.#server?.relieved(this))
  }

  get userId(): string {
    return this.owner.user
  }

  get isOver(): boolean {
    return this.#isOver
  }

  get isBusy(): boolean {
    return this.#stream?.isOpen === true
  }

  get isCongested(): boolean {
    return this.#backlog.isCongested
  }

  /** `leave`: gives the server back; what waits for it has an answer then. */
  begin(server: SessionServer, leave: () => void): void {
    this.#server = server
    this.#leave = leave
    if (this.#isOver) this.#part()
  }

  /** The first event says where the client has to send its messages. */
  open(response: ServerResponse, endpoint: string): void {
    const { keepAlive } = this.#options.ports
    this.#stream = new EventStream(response, { keepAlive, backlog: this.#backlog })
    this.#stream.tell('endpoint', endpoint)
  }

  /** @throws RpcFault for a message that comes at the wrong time, or is one too many. */
  assertTakes(message: RpcMessage): void {
    const isInitialize = message.method === 'initialize'
    if (isInitialize === (this.#asked !== undefined)) {
      const what = isInitialize ? 'this session has begun' : 'begin with initialize'
      throw new RpcFault(400, 'invalidRequest', what)
    }
    if (this.#calls.size < PENDING_PER_SESSION_MAX && !this.#backlog.isFull) return
    throw new RpcFault(429, 'refused', 'too much waits in this session: read the answers first', {
      headers: { 'retry-after': '1' },
    })
  }

  take(message: RpcMessage, watched: WatchedCall | undefined): void {
    if (isRequest(message)) {
      if (message.method === 'initialize') void this.#initialize(message)
      else this.#call(message, watched)
    } else if (isResponse(message)) {
      // An answer to what was never asked could be taken for another one's.
      if (message.id !== null && this.#asked?.take(message.id)) this.#server?.pass(message)
    } else if (message.method === CANCELLED) this.#cancel(message)
    else this.#server?.pass(message)
  }

  /** In the server's place. */
  answer(response: RpcResponse): void {
    this.#send(response)
  }

  deliver(message: RpcMessage): void {
    // The server takes a request back: whatever the client still answers is dropped.
    if (message.method === CANCELLED) this.#asked?.take(paramsOf(message)['requestId'])
    if (!isRequest(message) || this.#asked?.add(message)) this.#send(message)
  }

  processEnded(): void {
    this.end()
  }

  /** What waits is answered with the reason, if there is one. */
  end(fault?: RpcFault): void {
    if (this.#isOver) return
    this.#isOver = true
    if (fault !== undefined) this.#breakOff(fault)
    this.#asked?.end()
    this.#options.onEnd()
    this.#part()
    this.#stream?.end()
  }

  #part(): void {
    const leave = this.#leave
    this.#server = undefined
    this.#leave = () => {}
    leave()
  }

  async #initialize(request: RpcRequest): Promise<void> {
    this.#asked = this.#createAsked(request)
    const answer = await this.#agree(withServedRevision(request)).catch((thrown: unknown) =>
      RpcFault.from(thrown).toResponse(request.id),
    )
    if (isObject(answer.result)) this.revision = revisionOf(answer.result)
    this.#send(answer)
    // Nothing else can come of it.
    if (!isObject(answer.result)) this.end()
  }

  /** It lives as long as the session, and must not hold the request. */
  #createAsked(initialize: RpcRequest): Asked {
    const { capabilities } = paramsOf(initialize)
    return new Asked({
      capabilities: isObject(capabilities) ? capabilities : {},
      seconds: this.#options.ports.seconds,
      answer: (response) => this.#server?.pass(response),
      onGivenUp: (id, reason) => this.#send(toCancelled(id, reason)),
    })
  }

  async #agree(request: RpcRequest): Promise<RpcResponse> {
    const answer = await this.#askServer(request)
    if (isObject(answer.result)) this.#options.onAgreed()
    if (isObject(answer.result) || this.#isOver) return answer
    this.#part()
    return (await this.#options.takeAnother(answer.error)) ? await this.#askServer(request) : answer
  }

  async #askServer(request: RpcRequest): Promise<RpcResponse> {
    if (this.#server !== undefined) return await this.#server.initialize(this, request)
    return new RpcFault(200, 'refused', 'the session has ended').toResponse(request.id)
  }

  #call(request: RpcRequest, watched: WatchedCall | undefined): void {
    const call: OpenCall = {
      id: request.id,
      watched,
      settle: (response) => {
        this.#calls.delete(call)
        const text = this.#send(watched?.toVisible(response) ?? response)
        watched?.settled(response, text)
      },
    }
    this.#calls.add(call)
    try {
      this.#server?.request(this, call, request)
    } catch (error) {
      call.settle(RpcFault.from(error).toResponse(request.id))
    }
  }

  #cancel(notification: RpcMessage): void {
    const { requestId } = paramsOf(notification)
    const call = [...this.#calls].findLast(({ id }) => id === requestId)
    if (call === undefined) return
    this.#drop(call, { ...notification, method: CANCELLED })
  }

  #breakOff(fault: RpcFault): void {
    for (const call of this.#calls) {
      this.#drop(call, toCancelled(call.id, fault.message))
      this.#send(fault.toResponse(call.id))
    }
  }

  #drop(call: OpenCall, notification: RpcMessage & { readonly method: string }): void {
    this.#calls.delete(call)
    this.#server?.cancel(call, notification)
    call.watched?.cancelled()
  }

  /** What was sent; undefined when nobody is there to take it, or it cannot be written. */
  #send(message: RpcMessage): string | undefined {
    if (this.#stream?.isOpen !== true) return undefined
    const text = isResponse(message) ? toText(message) : trySerialize(message)
    if (text !== undefined) this.#stream.send(text)
    return text
  }
}
