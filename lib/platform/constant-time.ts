/** Comparison of secrets that tells nothing by its duration. */

import { timingSafeEqual } from 'node:crypto'
import { digest } from './seal.ts'

/** Equality over digests, so that unequal lengths neither throw nor shorten the comparison. */
export function equalInConstantTime(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(digest(left)), Buffer.from(digest(right)))
}

/** Equality with one secret, for whoever compares with it all the time; only its length shows. */
export function matcherOf(secret: string): (text: string) => boolean {
  const expected = Buffer.from(secret)
  return (text) => {
    const given = Buffer.from(text)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}
