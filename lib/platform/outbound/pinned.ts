/** Connecting to addresses that were checked, whatever the name means a moment later. */

import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'

/** What a connection takes for a look-up of the name. */
export function pinnedTo(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, callback) => {
    const [first] = addresses
    if (all === true) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}
