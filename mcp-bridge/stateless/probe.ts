/** Whether a service's server answers without sessions: asked of a process that serves such requests only. */

import type { Bridge } from '../bridge.ts'
import type { Exchange } from '../exchange.ts'
import { type RpcResponse, toCancelled } from '../json-rpc.ts'
import { DISCOVER_TIMEOUT_MS, STOP_WAITS } from '../limits.ts'
import { probeNative } from '../native/probe-native.ts'
import type { Call, ProcessUser } from '../runner/process-user.ts'
import type { ServerProcess } from '../runner/server-process.ts'
import { acquireStateless } from './direct.ts'
import { DISCOVERY_QUESTION, knowsStateless } from './discovery-question.ts'

/** @throws RpcFault or OwnedElsewhere when there is no process to ask. */
export async function probe(bridge: Bridge, exchange: Exchange): Promise<boolean> {
  const { service, identity } = exchange
  if (service.launch.kind === 'remote') {
    return (await bridge.runner.probeRemote(service, identity)).eras.stateless
  }
  if (service.launch.kind === 'native') return await probeNative(bridge, exchange)
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
  const call: Call = { id: DISCOVERY_QUESTION.id, settle: resolve }
  const timer = setTimeout(() => {
    process.cancel(call, toCancelled(call.id, 'it took too long'))
    resolve(undefined)
  }, DISCOVER_TIMEOUT_MS)
  try {
    process.request(user, call, DISCOVERY_QUESTION)
    return await promise
  } finally {
    clearTimeout(timer)
  }
}
