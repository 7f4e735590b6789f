/** Proof key for code exchange, S256 (RFC 7636 sections 4.1 and 4.6). */

import { createHash } from 'node:crypto'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'

const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

export function verifyChallenge(verifier: string | undefined, challenge: string): boolean {
  if (verifier === undefined || !VERIFIER.test(verifier)) return false
  const computed = createHash('sha256').update(verifier).digest('base64url')
  return equalInConstantTime(computed, challenge)
}
