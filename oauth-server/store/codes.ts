/**
 * Authorization codes: single use, short lived, stored as hashes (RFC 6749 section 4.1.2).
 *
 * Key: `code:<hash>` (hash: `code`, JSON; `redeemed`, how often), 60 s. A redeemed code is remembered
 * until it would have expired, so that a replay is seen and can revoke what it bought.
 */

import type { Redis } from 'ioredis'
import { digest, randomText } from '../../lib/platform/seal.ts'
import { IS_REVOKED, REVOCATIONS_KEY } from '../../lib/store/revocations.ts'
import { defineScript } from '../../lib/store/script.ts'

/** What a code stands for; user and client belong to the grant it was issued under. */
export interface AuthorizationCode {
  readonly grantId: string
  readonly userId: string
  readonly clientId: string
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly nonce: string | undefined
}

export type Redemption =
  | { readonly outcome: 'fresh' | 'replayed' | 'revoked'; readonly code: AuthorizationCode }
  | { readonly outcome: 'unknown' }

export interface AuthorizationCodes {
  /** Resolves with the code itself, which nothing keeps. */
  issue(code: AuthorizationCode): Promise<string>
  /** Atomic: of any number of racing redemptions exactly one is `fresh`. */
  redeem(code: string): Promise<Redemption>
}

export const CODE_SECONDS = 60

const ISSUE = defineScript(`
redis.call('HSET', KEYS[1], 'code', ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])`)

/** KEYS: code, revocations. */
const REDEEM = defineScript(`${IS_REVOKED}
local stored = redis.call('HGET', KEYS[1], 'code')
if not stored then return nil end
if redis.call('HINCRBY', KEYS[1], 'redeemed', 1) > 1 then return { 'replayed', stored } end
local code = cjson.decode(stored)
if is_revoked(KEYS[2], code.grantId, code.clientId, code.userId) then return { 'revoked', stored } end
return { 'fresh', stored }`)

const key = (code: string): string => `code:${digest(code)}`

export function redisAuthorizationCodes(redis: Redis): AuthorizationCodes {
  return {
    async issue(stored) {
      const code = randomText()
      await ISSUE(redis, [key(code)], [JSON.stringify(stored), CODE_SECONDS])
      return code
    },
    async redeem(code) {
      const reply = (await REDEEM(redis, [key(code), REVOCATIONS_KEY])) as
        | ['fresh' | 'replayed' | 'revoked', string]
        | null
      if (reply === null) return { outcome: 'unknown' }
      return { outcome: reply[0], code: JSON.parse(reply[1]) as AuthorizationCode }
    },
  }
}
