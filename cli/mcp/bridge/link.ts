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
import { isNotFound } from './failure.ts'
import { createOpening } from './opening.ts'
import { isStateless } from './waiting.ts'

export type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1]

export interface LinkPorts {
  readonly createTransport: () => StreamableHTTPClientTransport
  readonly onMessage: (message: JSONRPCMessage) => void
  /** What the lost session was doing will never be answered. */
  readonly onLost: () => void
  /** What went wrong while nobody was waiting for it. */
  readonly onError: (error: unknown) => void
}

export class Link {
  readonly #ports: LinkPorts
  readonly #opening = createOpening()
  #transport: StreamableHTTPClientTransport
  #renewing: Promise<void> | undefined

  private constructor(ports: LinkPorts) {
    this.#ports = ports
    this.#transport = this.#create()
  }

  static async open(ports: LinkPorts): Promise<Link> {
    const link = new Link(ports)
    await link.#transport.start()
    return link
  }

  /** Resolves when the server has the message; sends it again, once, in a new session. */
  async send(message: JSONRPCMessage, options?: SendOptions): Promise<void> {
    await this.#renewing
    this.#opening.fromClient(message)
    const used = this.#transport
    try {
      await used.send(message, options)
    } catch (error) {
      if (!isNotFound(error) || !this.#hasSession(used) || isStateless(message)) throw error
      await this.#renew(used)
      await this.#transport.send(message, options)
    }
  }

  /** Tells the server that the session has ended. */
  async close(): Promise<void> {
    const leaving = this.#transport
    // Its own refusal would open another session.
    leaving.onerror = () => {}
    await farewell(() => leaving.terminateSession())
    await leaving.close()
  }

  #create(): StreamableHTTPClientTransport {
    const transport = this.#ports.createTransport()
    transport.onmessage = (message) => this.#receive(transport, message)
    transport.onerror = (error) => {
      // A stream that cannot be resumed, as its session is gone; other errors reach whoever sent.
      if (!isNotFound(error) || !this.#hasSession(transport)) return
      this.#renew(transport).catch(this.#ports.onError)
    }
    return transport
  }

  #receive(origin: StreamableHTTPClientTransport, message: JSONRPCMessage): void {
    const revision = this.#opening.fromServer(message)
    if (revision !== undefined) origin.setProtocolVersion(revision)
    if (origin === this.#transport) this.#ports.onMessage(message)
  }

  #hasSession({ sessionId }: StreamableHTTPClientTransport): boolean {
    return sessionId !== undefined && this.#opening.request() !== undefined
  }

  async #renew(lost: StreamableHTTPClientTransport): Promise<void> {
    if (lost === this.#transport) {
      this.#renewing ??= this.#reopen(lost).finally(() => {
        this.#renewing = undefined
      })
    }
    await this.#renewing
  }

  async #reopen(lost: StreamableHTTPClientTransport): Promise<void> {
    const request = this.#opening.request()
    if (request === undefined) return
    const next = this.#create()
    await next.start()
    await openAgain(next, request)
    this.#transport = next
    await lost.close()
    this.#ports.onLost()
    await next.send({ jsonrpc: '2.0', method: 'notifications/initialized' })
  }
}

/** The client has its answer already, from the first time. */
async function openAgain(
  transport: StreamableHTTPClientTransport,
  request: JSONRPCRequest,
): Promise<void> {
  const { onmessage } = transport
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  transport.onmessage = (message) => {
    if (isJSONRPCErrorResponse(message)) reject(new Error(message.error.message))
    else if (isJSONRPCResultResponse(message)) {
      onmessage?.(message)
      resolve()
    }
  }
  try {
    await transport.send(request)
    await promise
  } finally {
    if (onmessage !== undefined) transport.onmessage = onmessage
  }
}
