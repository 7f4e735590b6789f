/**
 * One MCP session in front of a stdio server: its open calls, its listening stream, its process.
 *
 * What a server says outside of an answer goes to the call it belongs to; failing that to the only
 * open call, else to the listening stream, else it is kept, within a bound, until one opens.
 */

import type { ServerResponse } from 'node:http'
import type { Accepted } from './accept.ts'
import type { Admission } from './admission.ts'
import { Answer } from './answer.ts'
import type { EventStream } from './event-stream.ts'
import {
  CODES,
  isNotification,
  isRequest,
  isResponse,
  type ParsedBody,
  paramsOf,
  RpcFault,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
  serialize,
  toCancelled,
} from './json-rpc.ts'
import type { KeepAlive } from './keep-alive.ts'
import { BUFFER_BYTES_MAX, PENDING_PER_SESSION_MAX } from './limits.ts'
import type { Call, ProcessUser } from './runner/process-user.ts'
import type { ServerProcess } from './runner/server-process.ts'
import type { SessionOwner } from './sessions.ts'

export interface LiveSessionOptions {
  readonly id: string
  readonly owner: SessionOwner
  readonly keepAlive: KeepAlive
  /** Called once, when the session is over for whatever reason. */
  readonly onEnd: (session: LiveSession) => void
}

export class LiveSession implements ProcessUser {
  readonly id: string
  readonly owner: SessionOwner
  revision = ''
  #process: ServerProcess | undefined
  #isOver = false
  readonly #options: LiveSessionOptions
  readonly #calls = new Map<Call, Answer>()
  /** Ids of the server's requests that wait for the client. */
  readonly #asked = new Set<RpcId>()
  #listener: EventStream | undefined
  #kept: string[] = []
  #keptBytes = 0

  constructor(options: LiveSessionOptions) {
    this.id = options.id
    this.owner = options.owner
    this.#options = options
  }

  get process(): ServerProcess | undefined {
    return this.#process
  }

  get isOver(): boolean {
    return this.#isOver
  }

  /** Whether a client waits on an open connection. A call whose client has left does not count. */
  get isBusy(): boolean {
    return this.#listener?.isOpen === true || [...this.#calls.values()].some(({ isOpen }) => isOpen)
  }

  get userId(): string {
    return this.owner.user
  }

  get isCongested(): boolean {
    return false
  }

  begin(process: ServerProcess): void {
    this.#process = process
  }

  /** @throws RpcFault when the session has too much to do or its server does not read. */
  post(
    { messages, isBatch }: ParsedBody,
    response: ServerResponse,
    accepted: Accepted,
    admission: Admission,
  ): void {
    const expected = messages.filter(isRequest).length
    if (this.#calls.size + expected > PENDING_PER_SESSION_MAX) {
      throw new RpcFault(
        429,
        'refused',
        `${PENDING_PER_SESSION_MAX} requests of this session wait for an answer: wait for some`,
        { headers: { 'retry-after': '1' } },
      )
    }
    if (expected === 0) {
      for (const message of messages) this.#take(message)
      response.writeHead(202).end()
      return
    }
    const onComplete = admission.hold()
    const options = { accepted, isBatch, expected, onComplete }
    const answer = new Answer(response, options, this.#options.keepAlive)
    admission.endBy((fault) => this.#breakOff(answer, fault))
    try {
      for (const message of messages) {
        if (isRequest(message)) this.#call(message, answer, isBatch)
        else this.#take(message)
      }
    } catch (error) {
      onComplete()
      throw error
    }
  }

  /** A new listening stream takes the place of the one before. */
  listen(stream: EventStream): void {
    this.#listener?.end()
    this.#listener = stream
    for (const json of this.#kept) stream.send(json)
    this.#kept = []
    this.#keptBytes = 0
  }

  stopListening(stream: EventStream): void {
    if (this.#listener === stream) this.#listener = undefined
  }

  deliver(message: RpcMessage, call: Call | undefined): void {
    const json = toJson(message)
    if (json === undefined) return
    if (isRequest(message) && !this.#mayAsk(message)) return
    const target = this.#route(call)
    if (target !== undefined) target.send(json)
    else if (call === undefined) this.#keep(message, json)
  }

  processEnded(): void {
    this.end()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#listener?.end()
    this.#options.onEnd(this)
  }

  #call(request: RpcRequest, answer: Answer, isBatch: boolean): void {
    const call: Call = {
      id: request.id,
      settle: (response) => {
        this.#calls.delete(call)
        answer.settle(response)
      },
    }
    this.#calls.set(call, answer)
    try {
      this.#process?.request(this, call, request)
    } catch (error) {
      this.#calls.delete(call)
      // Alone it gets an HTTP status; in a batch the others must not lose their answers.
      if (!isBatch) throw error
      answer.settle(RpcFault.from(error).toResponse(request.id))
    }
  }

  /** A notification of the client, or its answer to the server. */
  #take(message: RpcMessage): void {
    if (isResponse(message)) {
      // An answer to what was never asked could be taken for another one's.
      if (message.id !== null && this.#asked.delete(message.id)) this.#process?.pass(message)
    } else if (isNotification(message) && message.method === 'notifications/cancelled') {
      this.#cancel(message)
    } else this.#process?.pass(message)
  }

  #cancel(notification: RpcNotification): void {
    const { requestId } = paramsOf(notification)
    const found = [...this.#calls].findLast(([{ id }]) => id === requestId)
    if (found === undefined) return
    const [call, answer] = found
    this.#calls.delete(call)
    this.#process?.cancel(call, notification)
    const error = { code: CODES.cancelled, message: 'the request was cancelled' }
    answer.abandon({ jsonrpc: '2.0', id: call.id, error })
  }

  /** What was asked in one exchange ends with an error; the server is told to stop working on it. */
  #breakOff(answer: Answer, fault: RpcFault): void {
    const calls = [...this.#calls].filter(([, own]) => own === answer)
    for (const [call] of calls) {
      this.#calls.delete(call)
      this.#process?.cancel(call, toCancelled(call.id, fault.message))
      answer.settle(fault.toResponse(call.id))
    }
  }

  #route(call: Call | undefined): Pick<EventStream, 'send'> | undefined {
    const own = call === undefined ? undefined : this.#calls.get(call)
    if (own?.canStream) return own
    const listener = this.#listener?.isOpen ? this.#listener : undefined
    if (call !== undefined) return listener
    const open = [...new Set(this.#calls.values())].filter(({ canStream }) => canStream)
    if (open.length === 1) return open[0]
    // Several calls and nobody listening: the youngest carries it, or server and client would wait.
    return listener ?? open.at(-1)
  }

  #mayAsk({ id }: RpcRequest): boolean {
    if (this.#asked.size < PENDING_PER_SESSION_MAX) {
      this.#asked.add(id)
      return true
    }
    this.#refuse(id, 'too many requests wait for the client')
    return false
  }

  #keep(message: RpcMessage, json: string): void {
    const bytes = Buffer.byteLength(json)
    if (this.#keptBytes + bytes <= BUFFER_BYTES_MAX) {
      this.#kept.push(json)
      this.#keptBytes += bytes
    } else if (isRequest(message)) {
      this.#asked.delete(message.id)
      this.#refuse(message.id, 'the client does not listen')
    }
  }

  #refuse(id: RpcId, message: string): void {
    this.#process?.pass({ jsonrpc: '2.0', id, error: { code: CODES.internal, message } })
  }
}

function toJson(message: RpcMessage): string | undefined {
  try {
    return serialize(message)
  } catch {
    // Nested too deeply to be written: nobody could read it either.
    return undefined
  }
}
