/** Comparison of secrets that tells nothing by its duration. */

import { hash, timingSafeEqual } from 'node:crypto'

/** Equality over digests, so that unequal lengths neither throw nor shorten the comparison. */
export function equalInConstantTime(left: string, right: string): boolean {
  const digestOf = (text: string): Buffer => hash('sha256', text, 'buffer')
  return timingSafeEqual(digestOf(left), digestOf(right))
}
