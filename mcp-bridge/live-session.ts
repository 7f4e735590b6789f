/**
 * One MCP session in front of a stdio server: its open calls, its streams, its server.
 *
 * An answer stays with the stream of its call, also when the client has left: a listening stream
 * must not bring one (MCP Streamable HTTP, listening), and clients come back with the id they saw.
 */

import type { ServerResponse } from 'node:http'
import type { JsonObject } from '../lib/platform/json.ts'
import type { Accepted } from './accept.ts'
import type { Admission } from './admission.ts'
import { Answer } from './answer.ts'
import { Asked } from './asked.ts'
import { Channel } from './channel.ts'
import { type EventRecorder, LISTENING } from './events.ts'
import {
  CODES,
  isNotification,
  isRequest,
  isResponse,
  type ParsedBody,
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  toCancelled,
  trySerialize,
} from './json-rpc.ts'
import { PENDING_PER_SESSION_MAX } from './limits.ts'
import { CANCELLED } from './methods.ts'
import { route } from './routing.ts'
import type { Call, ProcessUser } from './runner/process-user.ts'
import type { SessionServer } from './runner/servers.ts'
import { SessionStreams, type StreamPorts } from './session-streams.ts'
import type { SessionOwner } from './sessions.ts'
import { tooManyPending, tooMuchUnread } from './too-much.ts'
import type { Watched, WatchedCall } from './tools/watched-call.ts'

interface OpenCall extends Call {
  readonly watched: WatchedCall | undefined
}

export interface LiveSessionOptions {
  readonly id: string
  readonly owner: SessionOwner
  /** What the client has declared in `initialize`. */
  readonly capabilities: JsonObject
  readonly ports: StreamPorts
  readonly recorder?: EventRecorder
  /** Called once, when the session is over for whatever reason. */
  readonly onEnd: () => void
}

export class LiveSession implements ProcessUser {
  readonly id: string
  readonly owner: SessionOwner
  readonly streams: SessionStreams
  #server: SessionServer | undefined
  #leave: () => void = () => {}
  #isOver = false
  readonly #onEnd: () => void
  readonly #recorder: EventRecorder | undefined
  readonly #calls = new Map<OpenCall, Answer>()
  readonly #asked: Asked
  readonly #listening: Channel

  constructor(options: LiveSessionOptions) {
    this.id = options.id
    this.owner = options.owner
    const { ports, capabilities, recorder, onEnd } = options
    this.#onEnd = onEnd
    this.#recorder = recorder
    const onRelieved = (): void => this.#server?.relieved(this)
    this.streams = new SessionStreams(ports, options.owner.user, onRelieved, recorder)
    this.#listening = new Channel(LISTENING, this.streams)
    this.#asked = new Asked({
      capabilities,
      seconds: ports.seconds,
      answer: (response) => this.#server?.pass(response),
      onGivenUp: (id, reason) => this.#send(toCancelled(id, reason), undefined),
    })
  }

  get revision(): string {
    return this.streams.revision
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether a client waits on an open connection. A call whose client has left does not count. */
  get isBusy(): boolean {
    return this.#listening.isOpen || [...this.#calls.values()].some(({ isOpen }) => isOpen)
  }

  get userId(): string {
    return this.owner.user
  }

  get isCongested(): boolean {
    return this.streams.isCongested
  }

  /** `leave` is called once, when it does not use that server any more. */
  begin(server: SessionServer, leave: () => void): void {
    this.#server = server
    this.#leave = leave
    if (this.#isOver) this.part()
  }

  get hasServer(): boolean {
    return this.#server !== undefined
  }

  /** Its server is of no use to it: another one takes its place. */
  part(): void {
    const leave = this.#leave
    this.#server = undefined
    this.#leave = () => {}
    leave()
  }

  /** @throws RpcFault when the session has too much to do or its server does not read. */
  post(
    { messages, isBatch }: ParsedBody,
    response: ServerResponse,
    accepted: Accepted,
    admission: Admission,
    watched?: Watched,
  ): void {
    const expected = messages.filter(isRequest).length
    if (expected === 0) {
      for (const message of messages) this.#take(message)
      response.writeHead(202).end()
      return
    }
    this.#assertRoom(expected)
    const onComplete = admission.hold()
    const answer = new Answer(response, { accepted, isBatch, expected, onComplete }, this.streams)
    admission.endBy((fault) => this.#breakOff(answer, fault))
    try {
      for (const message of messages) {
        if (isRequest(message)) this.#call(message, answer, isBatch, watched?.get(message))
        else this.#take(message)
      }
    } catch (error) {
      onComplete()
      throw error
    }
  }

  /** A new listening stream takes the place of the one before, with what was kept until then. */
  listen(response: ServerResponse): void {
    this.#listening.connect(response)
  }

  /**
   * The rest of a stream, as far as it is kept; it goes on where its call still runs.
   * @throws RpcFault 400 for an id that this session never gave out.
   */
  resume(lastEventId: string, response: ServerResponse): void {
    const reached = this.streams.events.placeOf(lastEventId)
    const answer = [...this.#calls.values()].find(({ stream }) => stream === reached.stream)
    if (reached.stream === LISTENING) this.#listening.connect(response, {}, reached.place)
    else if (answer !== undefined) answer.resume(response, reached)
    else this.streams.replay(response, reached)
  }

  deliver(message: RpcMessage, call: Call | undefined): void {
    // The server takes a request back: whatever the client still answers is dropped.
    if (message.method === CANCELLED) this.#asked.take(paramsOf(message)['requestId'])
    if (!isRequest(message) || this.#asked.add(message)) this.#send(message, call)
  }

  /** What was answered last is worth coming back for. */
  processEnded(): void {
    this.#end(false)
  }

  end(): void {
    this.#end(true)
  }

  #end(isForgotten: boolean): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#asked.end()
    this.#listening.end()
    this.#onEnd()
    this.part()
    this.streams.events.close()
    this.#recorder?.end(isForgotten)
  }

  #assertRoom(expected: number): void {
    if (this.streams.isFull) throw tooMuchUnread()
    if (this.#calls.size + expected > PENDING_PER_SESSION_MAX) throw tooManyPending()
  }

  #call(
    request: RpcRequest,
    answer: Answer,
    isBatch: boolean,
    watched: WatchedCall | undefined,
  ): void {
    const call: OpenCall = {
      id: request.id,
      watched,
      settle: (response) => {
        this.#calls.delete(call)
        const text = answer.settle(watched?.toVisible(response) ?? response)
        watched?.settled(response, text)
      },
    }
    this.#calls.set(call, answer)
    try {
      this.#server?.request(this, call, request)
    } catch (error) {
      this.#calls.delete(call)
      watched?.lost()
      // Alone it gets an HTTP status, unless its stream has one; in a batch the others must not lose their answers.
      if (!isBatch && answer.stream === undefined) throw error
      answer.settle(RpcFault.from(error).toResponse(request.id))
    }
  }

  /** A notification of the client, or its answer to the server. */
  #take(message: RpcMessage): void {
    if (isResponse(message)) {
      // An answer to what was never asked could be taken for another one's.
      if (message.id !== null && this.#asked.take(message.id)) this.#server?.pass(message)
    } else if (isNotification(message) && message.method === CANCELLED) {
      this.#cancel(message)
    } else this.#server?.pass(message)
  }

  #cancel(notification: RpcNotification): void {
    const { requestId } = paramsOf(notification)
    const found = [...this.#calls].findLast(([{ id }]) => id === requestId)
    if (found === undefined) return
    const [call, answer] = found
    this.#calls.delete(call)
    this.#server?.cancel(call, notification)
    call.watched?.cancelled()
    const error = { code: CODES.cancelled, message: 'the request was cancelled' }
    answer.abandon({ jsonrpc: '2.0', id: call.id, error })
  }

  /** What was asked in one exchange ends with an error; the server is told to stop working on it. */
  #breakOff(answer: Answer, fault: RpcFault): void {
    const calls = [...this.#calls].filter(([, own]) => own === answer)
    for (const [call] of calls) {
      this.#calls.delete(call)
      this.#server?.cancel(call, toCancelled(call.id, fault.message))
      call.watched?.cancelled()
      answer.settle(fault.toResponse(call.id))
    }
  }

  #send(message: RpcMessage, call: Call | undefined): void {
    const json = trySerialize(message)
    if (json !== undefined) route(this.#calls, this.#listening, call)?.send(json)
  }
}
