/**
 * How long one exchange with a native server may take: until its answer begins, and in all.
 *
 * What lies between is not looked at: a person may be thinking, and the server says so in its own words.
 */

import type { Exchange } from '../exchange.ts'
import { RpcFault } from '../json-rpc.ts'
import { type Lateness, toOverdueWords } from '../overdue.ts'
import type { NativeServer, NativeServers } from './native-servers.ts'

export type GiveUp = (fault: RpcFault) => void

export class Patience {
  readonly #exchange: Exchange
  readonly #begunAt = performance.now()
  #timer: NodeJS.Timeout

  /** @param giveUp answers in the server's place. */
  constructor(natives: NativeServers, exchange: Exchange, server: NativeServer, giveUp: GiveUp) {
    this.#exchange = exchange
    const { service } = exchange
    const { callTimeoutMs } = service.limits
    this.#timer = setTimeout(() => {
      natives.suspect(service, server)
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
  begun(giveUp: GiveUp): void {
    this.end()
    const { service, calls = [], response } = this.#exchange
    if (calls.length === 0 || response.closed) return
    response.once('close', () => this.end())
    const { callCeilingMs } = service.limits
    const leftMs = Math.max(0, callCeilingMs - (performance.now() - this.#begunAt))
    this.#timer = setTimeout(() => giveUp(this.#fault('long')), leftMs)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  /** Whoever called gets it as an answer, as from a server of any other kind. */
  #fault(was: Lateness): RpcFault {
    const { service, calls = [] } = this.#exchange
    const status = calls.length > 0 ? 200 : 504
    const what = toOverdueWords(was, service.limits)
    return new RpcFault(status, 'internal', `the service ${service.name}: ${what}`)
  }
}
