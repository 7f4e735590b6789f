/** What a server without sessions says of itself, asked before the first request of a session. */

import { RpcFault, type RpcId, type RpcResponse, toCancelled } from '../../json-rpc.ts'
import type { Call, ProcessUser } from '../../runner/process-user.ts'
import type { StatelessServer } from '../../runner/servers.ts'
import type { SessionClient } from './session-client.ts'

const DISCOVER = 'server/discover'

export interface DiscoverOptions {
  readonly service: string
  readonly client: SessionClient
  /** Of the request that is answered from it. */
  readonly id: RpcId
  readonly withinMs: number
}

/**
 * The server's answer, or the error that it did not give one in time.
 * @throws RpcFault when it cannot be asked.
 */
export async function discover(
  server: StatelessServer,
  user: ProcessUser,
  { service, client, id, withinMs }: DiscoverOptions,
): Promise<RpcResponse> {
  const { promise, resolve } = Promise.withResolvers<RpcResponse>()
  const call: Call = { id, settle: resolve }
  const timer = setTimeout(() => {
    const words = `did not answer ${DISCOVER} within ${withinMs / 1000} s`
    server.cancel(call, toCancelled(id, words))
    resolve(new RpcFault(502, 'internal', `the service ${service}: ${words}`).toResponse(id))
  }, withinMs)
  try {
    server.request(user, call, client.wrap({ jsonrpc: '2.0', id, method: DISCOVER }))
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
