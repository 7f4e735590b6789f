/**
 * Consents: what a person has approved for a client, so that the same need not be asked twice.
 *
 * Key: `consent:<hash of person and client>` (hash: for each redirect URI and service the instant of the
 * approval, the time of its last use, and the terms as JSON), 90 days from the last use of each;
 * `consents:forgotten:<hash of sub>` (the instant up to which everything of a person is forgotten).
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'
import { INSTANT_KEY, NEXT_INSTANT } from '../../lib/store/instant.ts'
import { defineScript } from '../../lib/store/script.ts'
import { ENDING_SECONDS, ENDINGS_KEY_START, HAS_ENDED } from './logins.ts'

/** What a consent was given for: another redirect target or service is another question. */
export interface ConsentSubject {
  readonly userId: string
  readonly clientId: string
  readonly redirectUri: string
  readonly service: string
}

/** What was approved. */
export interface ConsentTerms {
  readonly scopes: readonly string[]
  /** Of the client's description that the person saw. */
  readonly revision: string
}

export interface Consents {
  /** In place of what was remembered for the same subject. */
  remember(subject: ConsentSubject, terms: ConsentTerms): Promise<void>
  /** Not what was approved before the person signed out everywhere. Finding it keeps it alive. */
  find(subject: ConsentSubject): Promise<ConsentTerms | undefined>
  /** Whatever the person has approved for the client: it has to ask again. */
  forget(subject: Pick<ConsentSubject, 'userId' | 'clientId'>): Promise<void>
  /** As `forget`, for every client. */
  forgetOfUser(userId: string): Promise<void>
}

/** Not longer: the end of all logins would be forgotten before the consent. */
const LIFETIME_SECONDS = ENDING_SECONDS

/** KEYS: instant, consent. ARGV: field, terms, ttl. */
const REMEMBER = defineScript(`${NEXT_INSTANT}
local now = redis.call('TIME')[1]
redis.call('HSET', KEYS[2], ARGV[1], next_instant(KEYS[1]) .. ' ' .. now .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])`)

/** KEYS: consent, start of endings, start of forgettings. ARGV: field, hash of sub, ttl. */
const FIND = defineScript(`${HAS_ENDED}
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then return nil end
local instant, used, terms = string.match(stored, '^(%d+) (%d+) (.*)$')
local now = redis.call('TIME')[1]
local is_over = has_ended(KEYS[2], ARGV[2], instant) or has_ended(KEYS[3], ARGV[2], instant)
if is_over or now - used > tonumber(ARGV[3]) then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return nil
end
redis.call('HSET', KEYS[1], ARGV[1], instant .. ' ' .. now .. ' ' .. terms)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return terms`)

/** KEYS: instant, forgetting. ARGV: ttl. */
const FORGET_OF_USER = defineScript(`${NEXT_INSTANT}
redis.call('SET', KEYS[2], next_instant(KEYS[1]), 'EX', ARGV[1])`)

const FORGETTINGS_KEY_START = 'consents:forgotten:'
const MARK_KEY_STARTS = [ENDINGS_KEY_START, FORGETTINGS_KEY_START]

const key = ({ userId, clientId }: Pick<ConsentSubject, 'userId' | 'clientId'>): string =>
  `consent:${digest(JSON.stringify([userId, clientId]))}`

const field = ({ redirectUri, service }: ConsentSubject): string =>
  digest(JSON.stringify([redirectUri, service]))

export function redisConsents(redis: Redis): Consents {
  return {
    async remember(subject, terms) {
      const values = [field(subject), JSON.stringify(terms), LIFETIME_SECONDS]
      await REMEMBER(redis, [INSTANT_KEY, key(subject)], values)
    },
    async find(subject) {
      const values = [field(subject), digest(subject.userId), LIFETIME_SECONDS]
      const stored = await FIND(redis, [key(subject), ...MARK_KEY_STARTS], values)
      return typeof stored === 'string' ? (JSON.parse(stored) as ConsentTerms) : undefined
    },
    async forget(subject) {
      await redis.del(key(subject))
    },
    async forgetOfUser(userId) {
      const keys = [INSTANT_KEY, FORGETTINGS_KEY_START + digest(userId)]
      await FORGET_OF_USER(redis, keys, [LIFETIME_SECONDS])
    },
  }
}
