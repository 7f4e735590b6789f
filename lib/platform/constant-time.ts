/** Comparison of secrets that tells nothing by its duration. */

import { timingSafeEqual } from 'node:crypto'
import { digest } from './seal.ts'

/** Equality over digests, so that unequal lengths neither throw nor shorten the comparison. */
export function equalInConstantTime(left: string, right: string): boolean {
  return timingSafeEqual(Buffer.from(digest(left)), Buffer.from(digest(right)))
}
