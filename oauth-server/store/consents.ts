/**
 * Consents: what a person has approved for a client, so that the same need not be asked twice.
 *
 * Key: `consent:<hash of person and client>` (hash: for each redirect URI and service the instant of the
 * approval, the time of its last use, and the terms as JSON; `forgotten`, the instant up to which whatever
 * was approved is forgotten), 90 days from the last use of each;
 * `consents:forgotten:<hash of sub, or of client>` (the instant up to which everything of a person, or for a
 * client, is forgotten);
 * `consents:user:<hash of sub>` (sorted set of client ids by the end of what is remembered for them).
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'
import { INSTANT_KEY, instantOfGrant, NEXT_INSTANT } from '../../lib/store/instant.ts'
import { defineScript } from '../../lib/store/script.ts'
import {
  ENDING_SECONDS,
  ENDINGS_KEY_START,
  FIND_LOGIN,
  HAS_ENDED,
  type Login,
  loginKeys,
} from './logins.ts'

/** What a consent was given for: another redirect target or service is another question. */
export interface ConsentSubject {
  readonly userId: string
  readonly clientId: string
  readonly redirectUri: string
  readonly service: string
}

/** How it was approved. */
export interface GivenApproval {
  readonly login: Pick<Login, 'key'>
  /** What was granted by it. Its instant is the approval's: this is written down somewhat later. */
  readonly grantId: string
}

/** What was approved. */
export interface ConsentTerms {
  readonly scopes: readonly string[]
  /** Of the client's description that the person saw. */
  readonly revision: string
}

export interface Consents {
  /**
   * In place of what was remembered for the same subject. Nothing where the login has ended that approved it,
   * or where the person has had it forgotten since: whoever signed out everywhere, or ended the access, in
   * between is asked again.
   */
  remember(subject: ConsentSubject, terms: ConsentTerms, approval: GivenApproval): Promise<void>
  /** Not what was approved before the person signed out everywhere. Finding it keeps it alive. */
  find(subject: ConsentSubject): Promise<ConsentTerms | undefined>
  /** Whatever the person has approved for the client: it has to ask again. */
  forget(subject: Pick<ConsentSubject, 'userId' | 'clientId'>): Promise<void>
  /** As `forget`, for every client. */
  forgetOfUser(userId: string): Promise<void>
  /** As `forget`, for everybody. */
  forgetOfClient(clientId: string): Promise<void>
  /** What of a person's would be found. */
  ofUser(userId: string): Promise<readonly RememberedConsent[]>
}

export interface RememberedConsent extends ConsentTerms {
  readonly clientId: string
  /** Undefined: remembered by an earlier release, which did not write it down. */
  readonly redirectUri?: string
  readonly service?: string
  /** Milliseconds since the epoch. */
  readonly approvedAt: number
  /** Epoch seconds. */
  readonly usedAt: number
}

/** Not longer: the end of all logins would be forgotten before the consent. */
const LIFETIME_SECONDS = ENDING_SECONDS
/** Far longer than an approval is on its way to be remembered. */
const FORGETTING_SECONDS = 3600

/** Beside the hashes of subjects, in the same record. */
const FORGOTTEN_FIELD = 'forgotten'

/** Lua: `list_consent(index, client, ttl)` keeps the index as short as what it lists. */
const LIST_CONSENT = `
local function list_consent(index, client, ttl)
  local now = redis.call('TIME')[1]
  redis.call('ZREMRANGEBYSCORE', index, '-inf', '(' .. now)
  redis.call('ZADD', index, now + ttl, client)
  redis.call('EXPIRE', index, ttl)
end
`

/** KEYS: consent, index, those of the login. ARGV: field, terms, ttl, client, instant. */
const REMEMBER = defineScript(`${LIST_CONSENT}${FIND_LOGIN}
if not find_login(KEYS[3], KEYS[4]) then return end
local forgotten = redis.call('HGET', KEYS[1], '${FORGOTTEN_FIELD}')
if forgotten and tonumber(ARGV[5]) <= tonumber(forgotten) then return end
local now = redis.call('TIME')[1]
redis.call('HSET', KEYS[1], ARGV[1], ARGV[5] .. ' ' .. now .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
list_consent(KEYS[2], ARGV[4], ARGV[3])`)

/**
 * Lua: `is_over(instant, used)`. KEYS consent, start of endings, start of forgettings; ARGV hash of sub, ttl,
 * hash of client.
 */
const IS_OVER = `${HAS_ENDED}
local function is_over(instant, used)
  return has_ended(KEYS[2], ARGV[1], instant) or has_ended(KEYS[3], ARGV[1], instant)
    or has_ended(KEYS[3], ARGV[3], instant)
    or redis.call('TIME')[1] - used > tonumber(ARGV[2])
end
`

/** KEYS and ARGV beyond: index; field, client. */
const FIND = defineScript(`${IS_OVER}${LIST_CONSENT}
local stored = redis.call('HGET', KEYS[1], ARGV[4])
if not stored then return nil end
local instant, used, terms = string.match(stored, '^(%d+) (%d+) (.*)$')
if is_over(instant, used) then
  redis.call('HDEL', KEYS[1], ARGV[4])
  return nil
end
redis.call('HSET', KEYS[1], ARGV[4], instant .. ' ' .. redis.call('TIME')[1] .. ' ' .. terms)
redis.call('EXPIRE', KEYS[1], ARGV[2])
list_consent(KEYS[4], ARGV[5], ARGV[2])
return terms`)

/** What of one client's would be found. */
const OF_CLIENT = defineScript(`${IS_OVER}
local found = {}
for _, stored in ipairs(redis.call('HVALS', KEYS[1])) do
  local instant, used, terms = string.match(stored, '^(%d+) (%d+) (.*)$')
  if instant and not is_over(instant, used) then table.insert(found, { instant, used, terms }) end
end
return found`)

/** KEYS: instant, consent, index. ARGV: client, ttl. */
const FORGET = defineScript(
  `${NEXT_INSTANT}
redis.call('DEL', KEYS[2])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('HSET', KEYS[2], '${FORGOTTEN_FIELD}', next_instant(KEYS[1]))
redis.call('EXPIRE', KEYS[2], ARGV[2])`,
  { evenWhenFull: true },
)

/** KEYS: instant, forgetting. ARGV: ttl. */
const FORGET_ALL = defineScript(
  `${NEXT_INSTANT}
redis.call('SET', KEYS[2], next_instant(KEYS[1]), 'EX', ARGV[1])`,
  { evenWhenFull: true },
)

const FORGETTINGS_KEY_START = 'consents:forgotten:'
const MARK_KEY_STARTS = [ENDINGS_KEY_START, FORGETTINGS_KEY_START]

const key = ({ userId, clientId }: Pick<ConsentSubject, 'userId' | 'clientId'>): string =>
  `consent:${digest(JSON.stringify([userId, clientId]))}`

const field = ({ redirectUri, service }: ConsentSubject): string =>
  digest(JSON.stringify([redirectUri, service]))

const indexKey = (userId: string): string => `consents:user:${digest(userId)}`

/** As it is kept: `redirectUri` and `service` are for people. */
type Stored = ConsentTerms & Partial<Pick<ConsentSubject, 'redirectUri' | 'service'>>

/** Never what `digest` makes of a person. */
const clientDigest = (clientId: string): string => digest(JSON.stringify(['client', clientId]))

/** The first ARGV of the scripts with IS_OVER. */
const overArguments = ({ userId, clientId }: Pick<ConsentSubject, 'userId' | 'clientId'>) => [
  digest(userId),
  LIFETIME_SECONDS,
  clientDigest(clientId),
]

export function redisConsents(redis: Redis): Consents {
  const forgetAll = async (hash: string): Promise<void> => {
    await FORGET_ALL(redis, [INSTANT_KEY, FORGETTINGS_KEY_START + hash], [LIFETIME_SECONDS])
  }
  const ofClient = async (userId: string, clientId: string): Promise<RememberedConsent[]> => {
    const keys = [key({ userId, clientId }), ...MARK_KEY_STARTS]
    const reply = await OF_CLIENT(redis, keys, overArguments({ userId, clientId }))
    return (reply as [string, string, string][]).map(([instant, used, terms]) => ({
      ...(JSON.parse(terms) as Stored),
      clientId,
      approvedAt: Number(instant),
      usedAt: Number(used),
    }))
  }
  return {
    async remember(subject, { scopes, revision }, { login, grantId }) {
      const { userId, clientId, redirectUri, service } = subject
      const stored: Stored = { scopes, revision, redirectUri, service }
      const values = [field(subject), JSON.stringify(stored), LIFETIME_SECONDS, clientId]
      const keys = [key(subject), indexKey(userId), ...loginKeys(login)]
      await REMEMBER(redis, keys, [...values, instantOfGrant(grantId) ?? 0])
    },
    async find(subject) {
      const { userId, clientId } = subject
      const keys = [key(subject), ...MARK_KEY_STARTS, indexKey(userId)]
      const values = [...overArguments(subject), field(subject), clientId]
      const stored = await FIND(redis, keys, values)
      if (typeof stored !== 'string') return undefined
      const { scopes, revision } = JSON.parse(stored) as Stored
      return { scopes, revision }
    },
    async forget(subject) {
      const { userId, clientId } = subject
      const keys = [INSTANT_KEY, key(subject), indexKey(userId)]
      await FORGET(redis, keys, [clientId, FORGETTING_SECONDS])
    },
    forgetOfUser: (userId) => forgetAll(digest(userId)),
    forgetOfClient: (clientId) => forgetAll(clientDigest(clientId)),
    async ofUser(userId) {
      const clientIds = await redis.zrange(indexKey(userId), '0', '-1')
      return (await Promise.all(clientIds.map((id) => ofClient(userId, id)))).flat()
    },
  }
}
