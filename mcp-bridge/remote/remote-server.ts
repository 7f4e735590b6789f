/** The server of a remote service, asked on behalf of one person, with what is brought along for them. */

import type { IncomingMessage } from 'node:http'
import type { RpcFault } from '../json-rpc.ts'
import type { AccessTokens } from './access-tokens.ts'
import type { Circuit, Trial } from './circuit.ts'
import type { Connections, RemoteRequest } from './connections.ts'
import { toUnreachable } from './failures.ts'
import { toRefusal } from './refusals.ts'
import type { RemotePlan } from './remote-plan.ts'
import type { Room } from './room.ts'

/** What all who use a service have in common. */
export interface RemotePlace {
  readonly url: URL
  readonly connections: Pick<Connections, 'ask'>
  readonly circuit: Circuit
  readonly tokens: AccessTokens | undefined
  /** For requests of all of them. */
  readonly room: Room
}

export class RemoteServer {
  readonly service: string
  readonly url: URL
  readonly #place: RemotePlace
  readonly #plan: RemotePlan
  readonly #accountPage: string

  constructor(place: RemotePlace, plan: RemotePlan, accountPage: string) {
    this.service = plan.service
    this.url = place.url
    this.#place = place
    this.#plan = plan
    this.#accountPage = accountPage
  }

  /** @throws RpcFault when nobody can be sent there now. */
  assertReachable(): void {
    this.#place.circuit.assertMayTry()
    this.#place.room.assertLeft(this.#plan.person)
  }

  /**
   * Its answer, whatever the status.
   * @param url where to, of the same origin.
   * @throws RpcFault when there is none.
   */
  async ask(request: RemoteRequest, url = this.url): Promise<IncomingMessage> {
    this.assertReachable()
    const { tokens } = this.#place
    if (tokens === undefined) return await this.#askWith({}, request, url)
    const token = await tokens.get()
    const answer = await this.#askWith({ authorization: `Bearer ${token}` }, request, url)
    if (answer.statusCode !== 401) return answer
    // Nobody wants to read why, however long it is.
    answer.destroy()
    tokens.forget(token)
    const next = await tokens.get()
    return await this.#askWith({ authorization: `Bearer ${next}` }, request, url)
  }

  /** What a status that is no success means for whoever asked. */
  refusal(answer: Pick<IncomingMessage, 'statusCode' | 'headers'>): RpcFault {
    return toRefusal(answer, this.#plan, this.#accountPage)
  }

  async #askWith(
    credentials: Readonly<Record<string, string>>,
    request: RemoteRequest,
    url: URL,
  ): Promise<IncomingMessage> {
    const place = this.#place
    place.room.assertLeft(this.#plan.person)
    const trial = place.circuit.begin()
    const leave = place.room.take(this.#plan.person)
    try {
      const headers = { ...this.#plan.headers, ...credentials, ...request.headers }
      const answer = await place.connections.ask(url, { ...request, headers })
      trial.reached()
      answer.once('close', leave)
      return answer
    } catch (cause) {
      leave()
      throw this.#toFault(cause, request.signal, trial)
    }
  }

  #toFault(cause: unknown, { aborted }: AbortSignal, trial: Trial): RpcFault {
    if (aborted) trial.given()
    else trial.failed(cause)
    return toUnreachable(this.service, cause)
  }
}
