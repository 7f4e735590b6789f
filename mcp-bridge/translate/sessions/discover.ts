/** What a server without sessions says of itself, asked before the first request of a session. */

import { RpcFault, type RpcId, type RpcResponse } from '../../json-rpc.ts'
import { DISCOVER } from '../../methods.ts'
import { askWithin } from '../../runner/ask-within.ts'
import type { ProcessUser } from '../../runner/process-user.ts'
import type { StatelessServer } from '../../runner/servers.ts'
import type { SessionClient } from './session-client.ts'

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
  const request = client.wrap({ jsonrpc: '2.0', id, method: DISCOVER })
  const answer = await askWithin(server, user, request, withinMs)
  if (answer !== undefined) return answer
  const words = `did not answer ${DISCOVER} within ${withinMs / 1000} s`
  return new RpcFault(502, 'internal', `the service ${service}: ${words}`).toResponse(id)
}
