/**
 * Looks names up by DNS alone, and lets go when it is told to.
 *
 * Not by the system's own `getaddrinfo`: that blocks a thread of the pool that signing needs, nobody can
 * call it off, and a process cannot even exit before a silent name server has been given up.
 */

import type { LookupAddress } from 'node:dns'
import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import { OutboundError } from './outbound-error.ts'

/** All addresses of a host; rejects when there are none. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly LookupAddress[]>

const QUERY = { timeout: 1500, tries: 2 }

/** By the name servers of this machine, unless others are given (`address:port`). */
export function createResolve(servers?: readonly string[]): Resolve {
  return async (host, signal) => {
    const resolver = new Resolver(QUERY)
    if (servers !== undefined) resolver.setServers(servers)
    signal.addEventListener('abort', () => resolver.cancel(), { once: true })
    const [ipv4, ipv6] = await Promise.allSettled([
      resolver.resolve4(host),
      resolver.resolve6(host),
    ])
    // Most hosts have one kind alone.
    if (ipv4.status === 'rejected' && ipv6.status === 'rejected') throw ipv4.reason
    return [...toAddresses(ipv4, 4), ...toAddresses(ipv6, 6)]
  }
}

/**
 * Of a host as it is connected to, which may be an address itself.
 * @throws OutboundError
 */
export async function findAddresses(
  host: string,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly LookupAddress[]> {
  const family = isIP(host)
  if (family !== 0) return [{ address: host, family }]
  const found = await resolve(host, signal).catch((cause: unknown) => {
    throw new OutboundError('unresolved', cause)
  })
  if (found.length === 0) throw new OutboundError('unresolved')
  return found
}

function toAddresses(answer: PromiseSettledResult<string[]>, family: number): LookupAddress[] {
  if (answer.status === 'rejected') return []
  return answer.value.map((address) => ({ address, family }))
}
