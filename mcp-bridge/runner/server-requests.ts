/**
 * What a server asks its client: passed on, or answered here.
 *
 * A shared one is asked by many and may ask none of them: nobody knows on whose behalf it would. One
 * that is nobody's yet has nobody to ask. Ids are the server's own and stay as they are: its only
 * session is the only one that sees them.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import { CODES, type RpcId, type RpcRequest, type RpcResponse } from '../json-rpc.ts'
import { SERVER_ID_CHARACTERS_MAX } from '../limits.ts'
import type { ProcessUser } from './process-user.ts'
import { answerRoots } from './roots.ts'

export type Destination = 'client' | 'nobody' | RpcResponse

export class ServerRequests {
  readonly #service: Service
  readonly #rootFolders: () => readonly string[]
  readonly #users: ReadonlySet<ProcessUser>
  readonly #waiting = new Set<RpcId>()

  constructor(
    service: Service,
    users: ReadonlySet<ProcessUser>,
    rootFolders: () => readonly string[],
  ) {
    this.#service = service
    this.#users = users
    this.#rootFolders = rootFolders
  }

  /** Whether the server waits for its client now, which may take a while. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Where it goes: to the client, or back with this answer. */
  receive(request: RpcRequest): Destination {
    const { jsonrpc, id, method } = request
    // Its answer would have to repeat the id.
    if (typeof id === 'string' && id.length > SERVER_ID_CHARACTERS_MAX) return 'nobody'
    const roots = answerRoots(this.#service, request, this.#rootFolders)
    if (roots !== undefined) return roots
    if (this.#service.isolation === 'session' && this.#users.size > 0) {
      // Programs answer a ping, and at once: it is no reason to be silent.
      if (method !== 'ping') this.#waiting.add(id)
      return 'client'
    }
    if (method === 'ping') return { jsonrpc, id, result: {} }
    const why =
      this.#service.isolation === 'session' ? 'before a session has begun' : 'for this service'
    const message = `the gateway does not pass ${method} on ${why}`
    return { jsonrpc, id, error: { code: CODES.methodNotFound, message } }
  }

  /** The client has answered, or somebody for it; or the server has taken it back. */
  over(id: unknown): void {
    this.#waiting.delete(id as RpcId)
  }
}
