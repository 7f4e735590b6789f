/** The transport of 2024-11-05, which does not wait for ever until its stream is open. */

import { SSEClientTransport, type SSEClientTransportOptions } from '@modelcontextprotocol/client'

/** A server that takes the request and never says where messages go is not waited for. */
export const OPENING_MS = 30_000

export class LegacyTransport extends SSEClientTransport {
  #opening: PromiseWithResolvers<never> | undefined
  readonly #openingMs: number
  #timer: NodeJS.Timeout | undefined

  constructor(url: URL, options: SSEClientTransportOptions, openingMs = OPENING_MS) {
    super(url, options)
    this.#openingMs = openingMs
  }

  /** Ends, and leaves nothing open, in time or with `close`. */
  override async start(): Promise<void> {
    const opening = Promise.withResolvers<never>()
    this.#opening = opening
    this.#arm()
    try {
      await Promise.race([super.start(), opening.promise])
    } catch (error) {
      await super.close()
      throw error
    } finally {
      clearTimeout(this.#timer)
      this.#opening = undefined
    }
  }

  /** A person who logs in meanwhile has all the time they need. */
  async untimed<T>(work: () => Promise<T>): Promise<T> {
    clearTimeout(this.#timer)
    try {
      return await work()
    } finally {
      if (this.#opening !== undefined) this.#arm()
    }
  }

  override async close(): Promise<void> {
    this.#opening?.reject(new Error('The connection was closed before it was open.'))
    await super.close()
  }

  #arm(): void {
    this.#timer = setTimeout(() => {
      const seconds = this.#openingMs / 1000
      this.#opening?.reject(new Error(`The server opens no stream within ${seconds} s.`))
    }, this.#openingMs)
  }
}
