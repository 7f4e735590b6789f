/** Waiting for the end of what ran before, which may never be told. */

import { RpcFault } from '../json-rpc.ts'

/**
 * A runner that is frozen, or cut off, does not say that what it has ends.
 * @throws RpcFault 503 naming the service when it takes too long.
 */
export async function waitForEnd(
  service: string,
  ending: Promise<unknown>,
  waitMs: number,
): Promise<void> {
  const waited = Promise.withResolvers<never>()
  const timer = setTimeout(() => waited.reject(stillEnding(service)), waitMs)
  try {
    await Promise.race([ending, waited.promise])
  } finally {
    clearTimeout(timer)
  }
}

function stillEnding(service: string): RpcFault {
  const message = `the service ${service}: what ran before has not ended yet: try again later`
  return new RpcFault(503, 'refused', message, { headers: { 'retry-after': '5' } })
}
