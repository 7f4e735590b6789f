/** What happens to a registration, each as one step in the store; `clients.ts` says what is kept. */

import { defineScript } from '../../lib/store/script.ts'
import { REVOKE_LISTED } from './grant-scripts.ts'

/** KEYS: client, unapproved, start of client keys, index. ARGV: record, id, seconds, bound, protected ms. */
export const REGISTER = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[3] * 1000)
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[4]) then
  local oldest = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[5], 'LIMIT', 0, 1)[1]
  if not oldest then return 0 end
  redis.call('ZREM', KEYS[2], oldest)
  redis.call('DEL', KEYS[3] .. oldest)
  redis.call('ZREM', KEYS[4], oldest)
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[3])
redis.call('ZADD', KEYS[2], now, ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', '(' .. time[1])
redis.call('ZADD', KEYS[4], time[1] + ARGV[3], ARGV[2])
return 1`)

/** KEYS: client, unapproved, index. ARGV: id, seconds. */
export const KEEP = defineScript(`
redis.call('ZREM', KEYS[2], ARGV[1])
local ends = '+inf'
if ARGV[2] == '0' then redis.call('PERSIST', KEYS[1])
else
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  ends = redis.call('TIME')[1] + ARGV[2]
end
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('ZADD', KEYS[3], ends, ARGV[1]) end`)

/**
 * Lua: whether the record has this registration token. It is not decoded: what a client said about itself
 * may be more than Lua reads. Within a text of its own the quotes would have backslashes.
 */
const HELD_WITH = `
local function held_with(digest)
  local held = redis.call('GET', KEYS[1])
  local member = '"managementDigest":"' .. digest .. '"'
  return held and string.find(held, member, 1, true)
end
`

/** Lua: the sealed answer of the last replacement, for who presents its token again. */
const ANSWER_OF = `
local function answer_of(replaced, digest)
  local last = redis.call('HMGET', replaced, 'token', 'answer')
  return last[1] == digest and last[2]
end
`

/** KEYS: client, replaced. ARGV: digest of the registration token, record, sealed answer, seconds. */
export const REPLACE = defineScript(`${HELD_WITH}${ANSWER_OF}
if held_with(ARGV[1]) then
  redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
  redis.call('HSET', KEYS[2], 'token', ARGV[1], 'answer', ARGV[3])
  redis.call('EXPIRE', KEYS[2], ARGV[4])
  return { 'replaced' }
end
local answer = redis.call('EXISTS', KEYS[1]) == 1 and answer_of(KEYS[2], ARGV[1])
if answer then return { 'repeated', answer } end
return { 'unknown' }`)

/** KEYS: replaced. ARGV: digest of the registration token. */
export const FIND_ANSWER = defineScript(`${ANSWER_OF}
return answer_of(KEYS[1], ARGV[1])`)

/** Lua: KEYS client, unapproved, replaced, index, those of the grants. ARGV: id, expiresAt. */
const REMOVE_CLIENT = `${REVOKE_LISTED}
local function remove_client()
  redis.call('DEL', KEYS[1], KEYS[3])
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[4], ARGV[1])
  revoke_listed(5, 'client:' .. ARGV[1], tonumber(ARGV[2]))
end
`

/** ARGV beyond: digest of the registration token. */
export const REMOVE = defineScript(
  `${HELD_WITH}${REMOVE_CLIENT}
if not held_with(ARGV[3]) then return 0 end
remove_client()
return 1`,
  { evenWhenFull: true },
)

/** ARGV beyond: condition, or nothing. */
export const REMOVE_BY_OPERATOR = defineScript(
  `${REMOVE_CLIENT}
local function is_used()
  for _, id in ipairs(redis.call('ZRANGE', KEYS[6], 0, -1)) do
    if redis.call('EXISTS', KEYS[5] .. id) == 1 then return true end
  end
  return false
end
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
if ARGV[3] == 'unapproved' and not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
if ARGV[3] ~= '' and is_used() then return 0 end
remove_client()
return 1`,
  { evenWhenFull: true },
)

/** KEYS: client, unapproved. ARGV: id. Answers the record, whether nobody approved it, and its end. */
export const DESCRIBE = defineScript(`
local held = redis.call('GET', KEYS[1])
if not held then return nil end
return { held, redis.call('ZSCORE', KEYS[2], ARGV[1]) and 1 or 0, redis.call('EXPIRETIME', KEYS[1]) }`)
