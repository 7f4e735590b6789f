/** Proof key for code exchange, S256 (RFC 7636 sections 4.1 and 4.6). */

import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { digest } from '../../lib/platform/seal.ts'

const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/

export function verifyChallenge(verifier: string | undefined, challenge: string): boolean {
  if (verifier === undefined || !VERIFIER.test(verifier)) return false
  return equalInConstantTime(digest(verifier), challenge)
}
