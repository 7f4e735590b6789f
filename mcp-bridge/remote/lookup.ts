/**
 * Where the name of a remote server leads: looked up for each connection, and only what was checked is
 * connected to. A name that means something else a moment later leads nowhere.
 *
 * An address that stands in the configuration itself is not looked up: the operator meant it.
 */

import type { LookupAddress } from 'node:dns'
import { lookup as bySystem } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { isLoopbackHost } from '../../lib/catalogue/addresses.ts'
import { OutboundError } from '../../lib/platform/outbound/outbound-error.ts'
import { isPublicAddress } from '../../lib/platform/outbound/public-address.ts'
import { createResolve, type Resolve } from '../../lib/platform/outbound/resolve.ts'
import { REMOTE_CONNECT_MS } from '../limits.ts'

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** Names of private networks stand in files and search lists that DNS alone does not know. */
const bySystemAlone: Resolve = (host) => bySystem(host, { all: true })

export interface LookupOptions {
  readonly privateAddresses: boolean
  /** In the place of DNS, or of the system's own with `privateAddresses`. */
  readonly resolve?: Resolve | undefined
}

export function createLookup(options: LookupOptions): LookupFunction {
  return (host, { all }, callback) => {
    find(host, options).then(
      (addresses) => {
        const [first] = addresses
        if (all === true) callback(null, [...addresses])
        else callback(null, first?.address ?? '', first?.family)
      },
      (error: Error) => callback(error, '', 0),
    )
  }
}

async function find(
  host: string,
  { privateAddresses, resolve }: LookupOptions,
): Promise<readonly LookupAddress[]> {
  if (isLoopbackHost(host)) return LOOPBACK
  const look = resolve ?? (privateAddresses ? bySystemAlone : byDns)
  const addresses = await look(host, AbortSignal.timeout(REMOTE_CONNECT_MS)).catch(
    (cause: unknown) => {
      throw new OutboundError('unresolved', cause)
    },
  )
  if (addresses.length === 0) throw new OutboundError('unresolved')
  // One private address among public ones is an attempt, not an accident.
  if (!privateAddresses && !addresses.every(({ address }) => isPublicAddress(address))) {
    throw new OutboundError('address')
  }
  return addresses
}

const byDns = createResolve()
