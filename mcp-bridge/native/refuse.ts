/** The end of a native exchange before its answer: what its client and its server hear of it. */

import { type Exchange, sendFault } from '../exchange.ts'
import { type RpcFault, type RpcResponse, serialize, toCancelled } from '../json-rpc.ts'
import { NATIVE_TELL_MS } from '../limits.ts'
import type { NativeServers } from './native-servers.ts'
import { ask } from './upstream.ts'

/** One for each request that the exchange brought. */
export function toRefusals({ calls = [] }: Exchange, fault: RpcFault): RpcResponse[] {
  return calls.map((id) => fault.toResponse(id))
}

/** For an answer that has not begun. */
export function refuse(exchange: Exchange, fault: RpcFault): void {
  const { response, rpcId } = exchange
  const refusals = toRefusals(exchange, fault)
  if (rpcId !== undefined || refusals.length === 0) {
    sendFault(response, fault, rpcId)
    return
  }
  const headers = { 'content-type': 'application/json' }
  response.writeHead(fault.status, headers).end(`[${refusals.map(serialize).join(',')}]`)
}

/** To leave a server is not to cancel (MCP Streamable HTTP, sending messages): it has to be said. */
export function tellCancelled(natives: NativeServers, exchange: Exchange, fault: RpcFault): void {
  const { request, service, calls = [] } = exchange
  const server = natives.running(service.name)
  if (server === undefined) return
  for (const id of calls) {
    const body = Buffer.from(serialize(toCancelled(id, fault.message)))
    const path = request.url ?? '/'
    const signal = AbortSignal.timeout(NATIVE_TELL_MS)
    ask(server, service.name, {
      method: 'POST',
      path,
      headers: request.headers,
      body,
      signal,
    }).then(
      (answer) => void answer.resume(),
      () => {
        // It has ended or does not answer: either way nobody waits for what it does.
      },
    )
  }
}
