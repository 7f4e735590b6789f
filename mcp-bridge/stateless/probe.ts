/** Whether a service's server answers without sessions: asked of a process that serves such requests only. */

import type { Bridge } from '../bridge.ts'
import type { Exchange } from '../exchange.ts'
import { DISCOVER_TIMEOUT_MS, PLACE_WAIT_MS, STOP_WAITS } from '../limits.ts'
import { probeNative } from '../native/probe-native.ts'
import { askWithin } from '../runner/ask-within.ts'
import { waitForEnd } from '../runner/ending-wait.ts'
import type { ProcessUser } from '../runner/process-user.ts'
import { acquireStateless } from './direct.ts'
import { DISCOVERY_QUESTION, speaksStateless } from './discovery-question.ts'

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
  try {
    const answer = await askWithin(process, user, DISCOVERY_QUESTION, DISCOVER_TIMEOUT_MS)
    const isStateless = speaksStateless(answer?.result)
    // What it has made of the question nobody knows.
    if (!isStateless) await waitForEnd(service.name, process.stop(STOP_WAITS), PLACE_WAIT_MS)
    return isStateless
  } finally {
    await bridge.runner.release(process, user)
  }
}
