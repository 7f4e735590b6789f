/**
 * The way to the server: one Streamable HTTP transport after another. A session that the server has lost is
 * opened again as the client opened it (MCP 2025-11-25: whoever gets 404 begins a new one).
 */

import {
  isJSONRPCErrorResponse,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { farewell } from '../session/farewell.ts'
import {
  endSession,
  type HttpTransport,
  isLegacy,
  isStreamError,
  knowsNoStreamableHttp,
  type SendOptions,
  sendOver,
  sessionIdOf,
} from '../session/legacy.ts'
import { OPENING_MS } from '../session/legacy-transport.ts'
import { isNotFound } from './failure.ts'
import { createOpening, isOpening } from './opening.ts'
import { isStateless } from './waiting.ts'

export interface LinkPorts {
  readonly createTransport: () => StreamableHTTPClientTransport
  /** For a server that knows no Streamable HTTP. */
  readonly createLegacyTransport: () => HttpTransport
  readonly onMessage: (message: JSONRPCMessage) => void
  /** What the lost session was doing will never be answered. */
  readonly onLost: () => void
  /** Nor what was being done over a stream that has broken off; the next message opens another. */
  readonly onDropped: () => void
  /** What went wrong while nobody was waiting for it. */
  readonly onError: (error: unknown) => void
}

export class Link {
  readonly #ports: LinkPorts
  readonly #opening = createOpening()
  #transport: HttpTransport
  #renewing: Promise<void> | undefined
  /** What is not yet in use, while it is being opened. */
  #starting: HttpTransport | undefined
  #isClosed = false
  /** Of 2024-11-05, whose stream has broken off: its session ended with it. */
  #dropped: HttpTransport | undefined

  private constructor(ports: LinkPorts) {
    this.#ports = ports
    this.#transport = this.#listenTo(ports.createTransport())
  }

  static async open(ports: LinkPorts): Promise<Link> {
    const link = new Link(ports)
    await link.#transport.start()
    return link
  }

  /** Resolves when the server has the message; sends it again, once, in a new session. */
  async send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    await this.#renewing
    if (isOpening(message)) return await this.#open(message, options)
    if (!isStateless(message)) await this.#opening.open()
    if (this.#isDropped()) await this.#renew(this.#transport)
    const used = this.#transport
    try {
      await this.#sendOver(used, message, options)
    } catch (error) {
      if (!isNotFound(error) || !this.#hasSession(used) || isStateless(message)) throw error
      await this.#renew(used)
      await this.#sendOver(this.#transport, message, options)
    }
  }

  /** A stream that breaks off while it is sent was not waited for by anybody who could be told. */
  async #sendOver(
    transport: HttpTransport,
    message: JSONRPCMessage,
    options?: SendOptions,
  ): Promise<void> {
    await sendOver(transport, message, options)
    if (this.#dropped === transport) throw new Error('The connection broke off before the answer.')
  }

  async #open(message: JSONRPCRequest, options?: SendOptions): Promise<void> {
    this.#opening.fromClient(message)
    const onRequestStreamEnd = (): void => {
      this.#opening.fail()
      options?.onRequestStreamEnd?.()
    }
    try {
      await this.#sendOpening(message, { ...options, onRequestStreamEnd })
    } catch (error) {
      this.#opening.fail()
      throw error
    }
  }

  /** By the transport that the server knows (MCP 2025-03-26, backwards compatibility). */
  async #sendOpening(message: JSONRPCRequest, options: SendOptions): Promise<void> {
    if (this.#isDropped()) this.#transport = await this.#startLegacy()
    try {
      await this.#sendOver(this.#transport, message, options)
    } catch (error) {
      if (!knowsNoStreamableHttp(error)) throw error
      const legacy = await this.#startLegacy().catch(() => {
        // The refusal of the newer transport says more.
        throw error
      })
      await this.#transport.close()
      this.#transport = legacy
      await this.#sendOver(legacy, message)
    }
  }

  /** It limits itself in time, and closes itself where it does not start. */
  async #startLegacy(): Promise<HttpTransport> {
    const legacy = this.#listenTo(this.#ports.createLegacyTransport())
    this.#starting = legacy
    try {
      await legacy.start()
      return legacy
    } finally {
      this.#starting = undefined
    }
  }

  /** Tells the server that the session has ended. */
  async close(): Promise<void> {
    this.#isClosed = true
    const leaving = this.#transport
    // Its own refusal would open another session.
    leaving.onerror = () => {}
    await this.#starting?.close()
    await farewell(() => endSession(leaving))
    await leaving.close()
  }

  #listenTo(transport: HttpTransport): HttpTransport {
    transport.onmessage = (message) => this.#receive(transport, message)
    transport.onerror = (error) => {
      if (isLegacy(transport)) return this.#drop(transport, error)
      // A stream that cannot be resumed, as its session is gone; other errors reach whoever sent.
      if (!isNotFound(error) || !this.#hasSession(transport)) return
      this.#renew(transport).catch(this.#ports.onError)
    }
    return transport
  }

  #receive(origin: HttpTransport, message: JSONRPCMessage): void {
    const revision = this.#opening.fromServer(message)
    if (revision !== undefined) origin.setProtocolVersion(revision)
    if (origin === this.#transport) this.#ports.onMessage(message)
  }

  #isDropped(): boolean {
    return this.#dropped === this.#transport
  }

  /** The SDK would open another stream by itself, to a session that nobody has opened. */
  #drop(transport: HttpTransport, error: unknown): void {
    // Before it is in use, whoever starts it is told; a message that cannot be read ends nothing.
    if (transport !== this.#transport || this.#isDropped() || !isStreamError(error)) return
    this.#dropped = transport
    this.#opening.fail()
    transport.close().catch(this.#ports.onError)
    this.#ports.onDropped()
  }

  #hasSession(transport: HttpTransport): boolean {
    return sessionIdOf(transport) !== undefined && this.#opening.request() !== undefined
  }

  async #renew(lost: HttpTransport): Promise<void> {
    if (lost === this.#transport) {
      this.#renewing ??= this.#reopen(lost).finally(() => {
        this.#renewing = undefined
      })
    }
    await this.#renewing
  }

  async #reopen(lost: HttpTransport): Promise<void> {
    const request = this.#opening.request()
    if (request === undefined) return
    const next = isLegacy(lost)
      ? await this.#startLegacy()
      : this.#listenTo(this.#ports.createTransport())
    this.#starting = next
    try {
      if (!isLegacy(lost)) await next.start()
      await openAgain(next, request)
      if (this.#isClosed) throw new Error('The connection was closed meanwhile.')
      this.#transport = next
    } catch (error) {
      await next.close()
      throw error
    } finally {
      this.#starting = undefined
    }
    await lost.close()
    this.#ports.onLost()
    await next.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  }
}

/** The client has its answer already, from the first time. @throws when there is none, or a refusal. */
async function openAgain(transport: HttpTransport, request: JSONRPCRequest): Promise<void> {
  const { onmessage } = transport
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  transport.onmessage = (message) => {
    if (isJSONRPCErrorResponse(message)) reject(new Error(message.error.message))
    else if (isJSONRPCResultResponse(message)) {
      onmessage?.(message)
      resolve()
    }
  }
  const unanswered = (): void => reject(new Error('The server does not open the session anew.'))
  const timer = setTimeout(unanswered, OPENING_MS)
  try {
    await Promise.all([sendOver(transport, request, { onRequestStreamEnd: unanswered }), promise])
  } finally {
    clearTimeout(timer)
    if (onmessage !== undefined) transport.onmessage = onmessage
  }
}
