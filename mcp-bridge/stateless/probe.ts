/** Whether a service's server answers without sessions: asked of a process that serves such requests only. */

import type { Bridge } from '../bridge.ts'
import type { Exchange } from '../exchange.ts'
import { isObject, type RpcResponse, toCancelled } from '../json-rpc.ts'
import { DISCOVER_TIMEOUT_MS, STOP_WAITS } from '../limits.ts'
import type { Call, ProcessUser } from '../runner/process-user.ts'
import type { ServerProcess } from '../runner/server-process.ts'
import { acquireStateless } from './direct.ts'
import { META, STATELESS_REVISION } from './envelope.ts'

/** @throws RpcFault or OwnedElsewhere when there is no process to ask. */
export async function probe(bridge: Bridge, exchange: Exchange): Promise<boolean> {
  const { service, identity } = exchange
  if (service.launch.kind === 'remote') {
    return (await bridge.runner.probeRemote(service, identity)).eras.stateless
  }
  const user: ProcessUser = {
    userId: exchange.identity.userId,
    isCongested: false,
    deliver: () => {},
    processEnded: () => {},
  }
  const process = await acquireStateless(bridge, exchange, user)
  const isStateless = knowsStateless(await discover(process, user))
  // What it has made of the question nobody knows.
  if (!isStateless) await process.stop(STOP_WAITS)
  await bridge.runner.release(process, user)
  return isStateless
}

async function discover(
  process: ServerProcess,
  user: ProcessUser,
): Promise<RpcResponse | undefined> {
  const { promise, resolve } = Promise.withResolvers<RpcResponse | undefined>()
  const call: Call = { id: 'discover', settle: resolve }
  const timer = setTimeout(() => {
    process.cancel(call, toCancelled(call.id, 'it took too long'))
    resolve(undefined)
  }, DISCOVER_TIMEOUT_MS)
  const _meta = {
    [META.protocolVersion]: STATELESS_REVISION,
    [META.clientInfo]: { name: 'mcp-oauth-gateway', version: '0.1.0' },
    [META.clientCapabilities]: {},
  }
  try {
    const request = { jsonrpc: '2.0' as const, id: call.id, method: 'server/discover' }
    process.request(user, call, { ...request, params: { _meta } })
    return await promise
  } finally {
    clearTimeout(timer)
  }
}

function knowsStateless(answer: RpcResponse | undefined): boolean {
  const result = answer?.result
  const versions = isObject(result) ? result['supportedVersions'] : undefined
  return Array.isArray(versions) && versions.includes(STATELESS_REVISION)
}
