/**
 * Access tokens of this issuer whose signature was verified, remembered by their hash: services ask
 * about the same token again and again, and a signature does not change.
 */

import { decodeProtectedHeader } from 'jose'
import { type AccessTokenClaims, isAhead, verifyAccessToken } from '../../lib/oauth/access-token.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import { digest } from '../../lib/platform/seal.ts'
import type { Keyring } from '../keys/keyring.ts'

export interface VerifiedTokens {
  /** From memory alone: undefined when it is not there, or no longer alive. */
  recall(token: string): AccessTokenClaims | undefined
  /** Undefined for whatever is no live access token of ours; rejects when the keys are not known. */
  verify(token: string): Promise<AccessTokenClaims | undefined>
}

export interface VerifiedTokensOptions {
  readonly issuer: string
  readonly clock: Clock
  /** How many are remembered: about a kilobyte each. */
  readonly capacity?: number
}

interface Remembered {
  readonly claims: AccessTokenClaims
  readonly kid: string
}

export function createVerifiedTokens(
  keyring: Pick<Keyring, 'find' | 'holds'>,
  { issuer, clock, capacity = 10_000 }: VerifiedTokensOptions,
): VerifiedTokens {
  /** The one used longest ago comes first. */
  const memory = new Map<string, Remembered>()

  function recall(key: string): AccessTokenClaims | undefined {
    const found = memory.get(key)
    if (found === undefined) return undefined
    memory.delete(key)
    const { iat, exp } = found.claims
    const now = clock() / 1000
    // Our own clock made `exp`: nothing is added to it here.
    if (exp <= now || isAhead(iat, now) || !keyring.holds(found.kid)) return undefined
    memory.set(key, found)
    return found.claims
  }

  function remember(key: string, found: Remembered): void {
    memory.set(key, found)
    const [oldest] = memory.keys()
    if (memory.size > capacity && oldest !== undefined) memory.delete(oldest)
  }

  return {
    recall: (token) => recall(digest(token)),
    async verify(token) {
      const key = digest(token)
      const known = recall(key)
      if (known !== undefined) return known
      const expected = { issuer, audience: undefined, now: clock }
      const verification = await verifyAccessToken(token, keyring.find, expected)
      if (!verification.valid) return undefined
      remember(key, {
        claims: verification.claims,
        kid: decodeProtectedHeader(token).kid ?? '',
      })
      return recall(key)
    },
  }
}
