/**
 * Authorization codes: single use, short lived, stored as hashes (RFC 6749 section 4.1.2).
 *
 * Key: `code:<hash>` (hash: `code`, sealed for who presents the code; `grant`, id; `redeemed`, how often it was
 * used up), 60 s. A used code is remembered until it would have expired, so that a replay is seen and ends what the code bought.
 */

import type { Redis } from 'ioredis'
import { digest, openFor, randomText, sealFor } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'
import {
  END_GRANT,
  endingKeys,
  GRANT_KEY_START,
  KEEP_GRANT,
  keepingArguments,
} from './grant-scripts.ts'
import { type Grant, type GrantKeys, type Keeping, toGrant } from './grants.ts'
import { familyKey, OPEN_FAMILY } from './refresh-families.ts'

/** What a code stands for; user and client belong to the grant it was issued under. */
export interface AuthorizationCode {
  readonly grantId: string
  readonly userId: string
  readonly clientId: string
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly nonce: string | undefined
}

export interface FoundCode {
  readonly code: AuthorizationCode
  readonly isUsed: boolean
  /** Undefined when it has ended. */
  readonly grant: Grant | undefined
}

/** What a code is redeemed for. */
export interface Purchase {
  readonly grant: GrantKeys
  readonly keeping: Keeping
  /** Begins at generation 1; undefined where no refresh token is wanted. */
  readonly family: string | undefined
}

/** `replayed`: it had been used before, and the grant it stood for has ended now. */
export type Redemption = 'redeemed' | 'replayed' | 'dead' | 'unknown'

export interface AuthorizationCodes {
  /** Resolves with the code itself, which nothing keeps. */
  issue(code: AuthorizationCode): Promise<string>
  /** The code and its grant; uses nothing up. */
  find(code: string): Promise<FoundCode | undefined>
  /**
   * Uses the code up, keeps its grant and opens the refresh family in one step. Of any number of
   * racing redemptions exactly one is `redeemed`, and the next one ends what it bought.
   */
  redeem(code: string, purchase: Purchase): Promise<Redemption>
  /**
   * Uses the code up for nothing; resolves with true when it had been used before: then what it bought
   * has ended. `expiresAt` as for `Grants.revoke`.
   */
  spoil(code: string, grant: GrantKeys, expiresAt: number): Promise<boolean>
}

const CODE_SECONDS = 60

const ISSUE = defineScript(`
redis.call('HSET', KEYS[1], 'code', ARGV[1], 'grant', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])`)

/** KEYS: code, start of grant keys. */
const FIND = defineScript(`
local held = redis.call('HMGET', KEYS[1], 'code', 'grant', 'redeemed')
if not held[1] then return nil end
return { held[1], held[3], redis.call('HGET', KEYS[2] .. held[2], 'grant') }`)

/** KEYS beyond those of END_GRANT: code, family if one is wanted. ARGV: those of KEEP_GRANT. */
const REDEEM = defineScript(`${KEEP_GRANT}${END_GRANT}${OPEN_FAMILY}
if redis.call('EXISTS', KEYS[9]) == 0 then return 'unknown' end
if redis.call('HINCRBY', KEYS[9], 'redeemed', 1) > 1 then
  end_grant(ARGV[1], ARGV[4])
  return 'replayed'
end
if not is_alive() then return 'dead' end
keep_grant()
if KEYS[10] then open_family(KEYS[10]) end
return 'redeemed'`)

/** KEYS beyond those of END_GRANT: code. ARGV: id of the grant, expiresAt. */
const SPOIL = defineScript(
  `${END_GRANT}
if redis.call('EXISTS', KEYS[9]) == 0 then return 0 end
if redis.call('HINCRBY', KEYS[9], 'redeemed', 1) == 1 then return 0 end
end_grant(ARGV[1], ARGV[2])
return 1`,
  { evenWhenFull: true },
)

const CONTEXT = 'authorization-code'

const key = (code: string): string => `code:${digest(code)}`

export function redisAuthorizationCodes(redis: Redis): AuthorizationCodes {
  return {
    async issue(stored) {
      const code = randomText()
      const sealed = sealFor(code, JSON.stringify(stored), CONTEXT)
      await ISSUE(redis, [key(code)], [sealed, stored.grantId, CODE_SECONDS])
      return code
    },
    async find(code) {
      const reply = await FIND(redis, [key(code), GRANT_KEY_START])
      return reply === null ? undefined : toFoundCode(code, reply as Reply)
    },
    async redeem(code, { grant, keeping, family }) {
      const keys = [...endingKeys(grant), key(code)]
      if (family !== undefined) keys.push(familyKey(family))
      return (await REDEEM(redis, keys, keepingArguments(grant, keeping))) as Redemption
    },
    async spoil(code, grant, expiresAt) {
      const keys = [...endingKeys(grant), key(code)]
      return (await SPOIL(redis, keys, [grant.id, expiresAt])) === 1
    },
  }
}

type Reply = [sealed: string, redeemed: string | null, grant: string | null]

function toFoundCode(presented: string, [sealed, redeemed, grant]: Reply): FoundCode | undefined {
  const opened = openFor(presented, sealed, CONTEXT)
  if (opened === undefined) return undefined
  const code = JSON.parse(opened) as AuthorizationCode
  return { code, isUsed: redeemed !== null, grant: toGrant(code.grantId, grant) }
}
