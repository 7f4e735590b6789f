/** One gRPC call: its messages, who answers them, and the status at the end. */

import type { Log } from '../../../lib/platform/log.ts'
import type { ConnectionPorts } from '../http2/connection.ts'
import { HELD_BYTES_MAX, WAITING_MESSAGES_MAX } from '../http2/limits.ts'
import type { Exchange, Stream } from '../http2/stream.ts'
import { CallFault, STATUS } from '../status.ts'
import type { StreamingMethod, UnaryMethod } from '../transport.ts'
import { failure, RESPONSE, refusal, SUCCESS } from './answers.ts'
import { MessageReader, PREFIX_BYTES, wholeMessage } from './message-reader.ts'

/** What the calls of one connection share. */
export interface CallPorts extends ConnectionPorts {
  readonly log: Log
  readonly load: Load
}

export interface Load {
  /** Answers that are waited for, also those whose caller has gone. */
  running: number
  /** Bytes of messages. */
  held: number
}

export interface Method {
  readonly name: string
  readonly answer: UnaryMethod | StreamingMethod
  readonly isStreaming: boolean
}

const INTERNAL = new CallFault(STATUS.internal, 'internal error')
/** Filled for each message; it is copied before the next. */
const PREFIX = Buffer.alloc(PREFIX_BYTES)

export class Call implements Exchange {
  readonly #ports: CallPorts
  readonly #stream: Stream
  readonly #method: Method
  readonly #traceparent: string
  readonly #waiting: Buffer[] = []
  #reader: MessageReader | undefined
  #held = 0
  #isRunning = false
  #isBlocked = false
  #hasEnded = false
  #hasResponded = false
  #isOver = false

  constructor(ports: CallPorts, stream: Stream, method: Method, traceparent: string) {
    this.#ports = ports
    this.#stream = stream
    this.#method = method
    this.#traceparent = traceparent
  }

  get isBusy(): boolean {
    return this.#isRunning || this.#isBlocked
  }

  received(bytes: Buffer, start: number, end: number): void {
    if (this.#isOver) return
    try {
      this.#read(bytes, start, end)
    } catch (error) {
      this.#fail(error)
    }
  }

  ended(): void {
    this.#hasEnded = true
    if (this.#reader?.isWithinMessage === true) {
      this.#fail(new CallFault(STATUS.internal, 'the last message is cut off'))
    } else if (!this.#method.isStreaming && this.#waiting.length === 0) {
      this.#fail(new CallFault(STATUS.unimplemented, 'the method takes one message, not none'))
    } else {
      this.#next()
    }
  }

  drained(): void {
    this.#isBlocked = false
    this.#next()
  }

  closed(): void {
    this.#isOver = true
    if (!this.#isRunning) this.#release(this.#held)
  }

  #read(bytes: Buffer, start: number, end: number): void {
    const whole = this.#reader === undefined ? wholeMessage(bytes, start, end) : undefined
    if (whole === undefined) {
      this.#reader ??= new MessageReader({
        held: (bytes) => this.#hold(bytes),
        message: (message) => this.#take(message),
      })
      this.#reader.read(bytes, start, end)
    } else {
      this.#hold(whole.length)
      this.#take(whole)
    }
  }

  #take(message: Buffer): void {
    if (this.#isOver) return
    this.#waiting.push(message)
    if (this.#method.isStreaming) {
      if (this.#waiting.length > WAITING_MESSAGES_MAX) {
        throw new CallFault(STATUS.resourceExhausted, 'too many messages at once')
      }
      this.#next()
    } else if (this.#waiting.length > 1) {
      throw new CallFault(STATUS.unimplemented, 'the method takes one message, not more')
    }
  }

  /** Answers what waits, one after the other. */
  #next(): void {
    while (!this.#isOver && !this.isBusy) {
      const message = this.#waiting.shift()
      if (message === undefined) break
      this.#run(message)
    }
    if (this.#isOver || this.isBusy) return
    if (this.#hasEnded) this.#end(SUCCESS)
    else this.#ports.credit(this.#stream)
  }

  #run(message: Buffer): void {
    this.#isRunning = true
    let answer: Buffer | Promise<Buffer>
    try {
      answer = this.#method.answer(message, this.#traceparent)
    } catch (error) {
      this.#failed(error, message.length)
      return
    }
    if (Buffer.isBuffer(answer)) this.#answer(answer, message.length)
    else this.#await(answer, message.length)
  }

  #await(answer: Promise<Buffer>, held: number): void {
    const { load, later } = this.#ports
    load.running += 1
    const settle = (action: () => void): void =>
      later(() => {
        load.running -= 1
        action()
        this.#next()
      })
    answer.then(
      (bytes) => settle(() => this.#answer(bytes, held)),
      (error: unknown) => settle(() => this.#failed(error, held)),
    )
  }

  #answer(answer: Buffer, held: number): void {
    this.#settled(held)
    if (this.#isOver) return
    this.#respond()
    PREFIX.writeUInt32BE(answer.length, 1)
    this.#isBlocked = !this.#ports.sender.send(this.#stream, PREFIX, answer)
  }

  #failed(error: unknown, held: number): void {
    const isMeant = error instanceof CallFault
    if (!isMeant) {
      this.#ports.log.error({ err: error, method: this.#method.name }, 'gRPC method failed')
    }
    this.#settled(held)
    this.#fail(isMeant ? error : INTERNAL)
  }

  #settled(held: number): void {
    this.#isRunning = false
    this.#release(this.#isOver ? this.#held : held)
  }

  #respond(): void {
    if (!this.#hasResponded) this.#ports.sender.respond(this.#stream, RESPONSE)
    this.#hasResponded = true
  }

  /** Anything but a fault of the call is one of ours: the connection ends with it. */
  #fail(error: unknown): void {
    if (!(error instanceof CallFault)) throw error
    if (this.#isOver) return
    const toFrame = this.#hasResponded ? failure : refusal
    this.#end(toFrame(error.status, error.message))
  }

  #end(frame: Buffer): void {
    this.#isOver = true
    if (!this.#isRunning) this.#release(this.#held)
    if (!this.#hasResponded && frame === SUCCESS) this.#respond()
    this.#ports.sender.finish(this.#stream, frame)
  }

  #hold(bytes: number): void {
    this.#held += bytes
    this.#ports.load.held += bytes
    if (this.#ports.load.held > HELD_BYTES_MAX) {
      throw new CallFault(STATUS.resourceExhausted, 'too many bytes at once')
    }
  }

  #release(bytes: number): void {
    this.#held -= bytes
    this.#ports.load.held -= bytes
  }
}
