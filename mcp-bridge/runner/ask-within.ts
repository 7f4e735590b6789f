/** A request of the bridge's own to a server, which may not take for ever. */

import { type RpcRequest, type RpcResponse, toCancelled } from '../json-rpc.ts'
import type { Call, ProcessUser } from './process-user.ts'
import type { StatelessServer } from './servers.ts'

/**
 * The server's answer; undefined when it gave none in time, and was told that nobody waits any more.
 * @throws RpcFault when it cannot be asked.
 */
export async function askWithin(
  server: StatelessServer,
  user: ProcessUser,
  request: RpcRequest,
  withinMs: number,
): Promise<RpcResponse | undefined> {
  const { promise, resolve } = Promise.withResolvers<RpcResponse | undefined>()
  const call: Call = { id: request.id, settle: resolve }
  const timer = setTimeout(() => {
    server.cancel(call, toCancelled(call.id, `no answer within ${withinMs / 1000} s`))
    resolve(undefined)
  }, withinMs)
  try {
    server.request(user, call, request)
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
