/** What is sent to one server: refused, or left out with one word in the log, when it does not read. */

import type { Log } from '../../lib/platform/log.ts'
import { RpcFault, type RpcMessage } from '../json-rpc.ts'
import type { Upstream } from './upstream.ts'

export class ServerInput {
  readonly #service: string
  readonly #child: Pick<Upstream, 'send'>
  readonly #log: Log
  #ended: RpcFault | undefined
  #isDeaf = false

  constructor(service: string, child: Pick<Upstream, 'send'>, log: Log) {
    this.#service = service
    this.#child = child
    this.#log = log
  }

  /** @throws RpcFault when the server does not read, or is no more. */
  send(message: RpcMessage): void {
    if (this.#ended !== undefined) throw this.#ended
    this.#child.send(message)
  }

  /** For what nobody waits for. */
  trySend(message: RpcMessage): void {
    try {
      this.send(message)
      this.#isDeaf = false
    } catch (error) {
      // A server that asks and asks without reading must not fill the log.
      const level = this.#isDeaf || this.#ended ? 'debug' : 'warn'
      this.#log[level]({ err: error, method: message.method }, 'the server does not read')
      this.#isDeaf = true
    }
  }

  /** @param fault what whoever asks from now on is told. */
  end(fault = new RpcFault(502, 'internal', `the service ${this.#service}: has ended`)): void {
    this.#ended = fault
  }
}
