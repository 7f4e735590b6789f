/** An option that says how many. */

import { InvalidArgumentError } from 'commander'

/** @param max as many as whoever is asked may give. */
export function parseCount(max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    // Number reads nothing at all as 0.
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (count <= max) return count
    const upTo = max < Number.MAX_SAFE_INTEGER ? `, ${max} at most` : ''
    throw new InvalidArgumentError(`It must be a whole number${upTo}.`)
  }
}
