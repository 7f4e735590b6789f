/**
 * How long one exchange with a native server may take: until its answer begins, and in all.
 *
 * What lies between is no reason to end it: a person may be thinking, and the server says so in its own words. But a
 * server that answers nothing else meanwhile either is waited for in vain.
 */

import type { IncomingMessage } from 'node:http'
import type { Exchange } from '../exchange.ts'
import { RpcFault } from '../json-rpc.ts'
import { type Lateness, toOverdueWords } from '../overdue.ts'
import type { NativeServer, NativeServers } from './native-servers.ts'

export type GiveUp = (fault: RpcFault) => void

export class Patience {
  readonly #natives: NativeServers
  readonly #exchange: Exchange
  readonly #server: NativeServer
  readonly #begunAt = performance.now()
  #timer: NodeJS.Timeout
  #looking: NodeJS.Timeout | undefined

  /** @param giveUp answers in the server's place. */
  constructor(natives: NativeServers, exchange: Exchange, server: NativeServer, giveUp: GiveUp) {
    this.#natives = natives
    this.#exchange = exchange
    this.#server = server
    const { callTimeoutMs } = exchange.service.limits
    this.#timer = setTimeout(() => {
      this.#suspect()
      giveUp(this.#fault('silent'))
    }, callTimeoutMs)
  }

  /** Who has left may have left a question behind: it is waited for all the same. */
  async watch<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      this.end()
      throw error
    }
  }

  /** The answer has begun; a call has to be over by the ceiling. */
  begun(answer: IncomingMessage, giveUp: GiveUp): void {
    this.end()
    const { service, calls = [], response } = this.#exchange
    if (calls.length === 0 || response.closed) return
    response.once('close', () => this.end())
    const { callTimeoutMs, callCeilingMs } = service.limits
    const leftMs = Math.max(0, callCeilingMs - (performance.now() - this.#begunAt))
    this.#timer = setTimeout(() => giveUp(this.#fault('long')), leftMs)
    const looking = setInterval(() => this.#suspect(), callTimeoutMs)
    answer.on('data', () => looking.refresh())
    this.#looking = looking
  }

  end(): void {
    clearTimeout(this.#timer)
    clearInterval(this.#looking)
  }

  #suspect(): void {
    this.#natives.suspect(this.#exchange.service, this.#server)
  }

  /** Whoever called gets it as an answer, as from a server of any other kind. */
  #fault(was: Lateness): RpcFault {
    const { service, calls = [] } = this.#exchange
    const status = calls.length > 0 ? 200 : 504
    const what = toOverdueWords(was, service.limits)
    return new RpcFault(status, 'internal', `the service ${service.name}: ${what}`)
  }
}
