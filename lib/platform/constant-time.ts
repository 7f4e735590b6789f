/** Comparison of secrets that tells nothing by its duration. */

import { hash, timingSafeEqual } from 'node:crypto'

/** Equality over digests, so that unequal lengths neither throw nor shorten the comparison. */
export function equalInConstantTime(left: string, right: string): boolean {
  return timingSafeEqual(hash('sha256', left, 'buffer'), hash('sha256', right, 'buffer'))
}

/** Equality with one secret, for whoever compares with it all the time; only its length shows. */
export function matcherOf(secret: string): (text: string) => boolean {
  const expected = Buffer.from(secret)
  return (text) => {
    const given = Buffer.from(text)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}
