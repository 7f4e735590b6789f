/** Names to addresses as the system does it; `localhost` and what is below it is this machine (RFC 6761 section 6.3). */

import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'

const THIS_MACHINE: readonly LookupAddress[] = [{ address: '127.0.0.1', family: 4 }]

export const lookUp: LookupFunction = (name, options, callback) => {
  if (!/\.localhost$/i.test(name)) return lookup(name, options, callback)
  if (options.all === true) return callback(null, [...THIS_MACHINE])
  return callback(null, '127.0.0.1', 4)
}

/** @throws Error with a `code` when the name leads nowhere. */
export function addressesOf(name: string): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  lookUp(name.replaceAll(/[[\]]/g, ''), { all: true }, (error, found) => {
    if (error) reject(error)
    else resolve((found as LookupAddress[]).map(({ address }) => address))
  })
  return promise
}
