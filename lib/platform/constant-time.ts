/** Comparison of secrets that tells nothing by its duration. */

import { createHash, timingSafeEqual } from 'node:crypto'

/** Equality over digests, so that unequal lengths neither throw nor shorten the comparison. */
export function equalInConstantTime(left: string, right: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(left), hash(right))
}
