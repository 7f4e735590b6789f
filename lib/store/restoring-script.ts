/** The script that puts what `restoring.ts` has laid out in place of what a store holds. */

import { IS_REVOKED } from './revocations.ts'
import { defineScript } from './script.ts'

/** `occupied`: people have made something there, and nobody said that it may go. `incomplete`: it was not laid out. */
export type CommitReply = 'done' | 'occupied' | 'incomplete'

/** Lua: names, and what both stores say about one thing. */
const HELPERS = `
local function begins(text, start) return string.sub(text, 1, #start) == start end
local function begins_with_one(text, all)
  for _, start in ipairs(all) do if begins(text, start) then return true end end
  return false
end
local function later(one, other) if one < 0 or other < 0 then return -1 end return math.max(one, other) end
local function expire(key, at) if at > 0 then redis.call('PEXPIREAT', key, at) else redis.call('PERSIST', key) end end
local function pairs_of(flat)
  local index = -1
  return function() index = index + 2 return flat[index], flat[index + 1] end
end
`

/** Lua: what the store before has ended stays so. `own` and `laid` give a key its name there and here. */
const CARRY_OVER = `
local function carry_revocations()
  for member, entry in pairs_of(redis.call('HGETALL', own('revocations'))) do
    local instant, expires = string.match(entry, '^(%d+):(%d+)$')
    local held = redis.call('HGET', laid('revocations'), member)
    if held then
      local other, until_then = string.match(held, '^(%d+):(%d+)$')
      if tonumber(other) > tonumber(instant) then instant = other end
      if tonumber(until_then) > tonumber(expires) then expires = until_then end
    end
    redis.call('HSET', laid('revocations'), member, instant .. ':' .. expires)
    redis.call('ZADD', laid('revocations:expiries'), expires, member)
  end
end

local function carry_ending(key)
  local value, at = redis.call('GET', own(key)), redis.call('PEXPIRETIME', own(key))
  local held = redis.call('GET', laid(key))
  if held then
    at = later(at, redis.call('PEXPIRETIME', laid(key)))
    if tonumber(held) > tonumber(value) then value = held end
  end
  redis.call('SET', laid(key), value)
  expire(laid(key), at)
end

local function carry_instant()
  local value, held = redis.call('GET', own('instant')), redis.call('GET', laid('instant'))
  if value and (not held or tonumber(value) > tonumber(held)) then redis.call('SET', laid('instant'), value) end
end

local function carry_audit()
  local last = redis.call('XREVRANGE', laid('audit'), '+', '-', 'COUNT', 1)[1]
  local from = last and '(' .. last[1] or '-'
  for _, entry in ipairs(redis.call('XRANGE', own('audit'), from, '+')) do
    redis.call('XADD', laid('audit'), entry[1], unpack(entry[2]))
  end
end

-- Who was approved since: among those that nobody approved, a flood of registrations would take the client away.
local function take_approval(id)
  if not redis.call('ZSCORE', own('clients:unapproved'), id) then
    redis.call('ZREM', laid('clients:unapproved'), id)
  end
end

-- Of the same store: what is there is newer, and what is there no more was ended, unless it was made after the state
-- that the store goes on from (known_until). Of that only a grant tells when it was made.
local function take_as_it_is(key, known_until, laid_at)
  if redis.call('EXISTS', own(key)) == 1 then
    -- A copy: should a later command fail, what is served is untouched.
    redis.call('COPY', own(key), laid(key), 'REPLACE')
    if begins(key, 'client:') then take_approval(string.sub(key, #'client:' + 1)) end
    return
  end
  local made = begins(key, 'grant:') and tonumber(string.match(key, '^grant:(%d+)-')) or laid_at
  if made <= known_until then redis.call('DEL', laid(key)) end
end

-- Which epochs the store goes on from, each with the instant until which it knows what was made in it.
local function read_descent()
  local descent = {}
  for field, value in pairs_of(redis.call('HGETALL', own('epoch'))) do
    if field == 'id' then descent[value] = math.huge end
    if begins(field, 'before:') then descent[string.sub(field, #'before:' + 1)] = tonumber(value) end
  end
  return descent
end

-- From here on it goes on from the backup: of what was made later nobody knows whether it was ended.
local function write_descent(descent, epoch, laid_at)
  if not descent[epoch] then descent = {} end
  descent[epoch] = laid_at
  for id, known_until in pairs(descent) do
    redis.call('HSET', laid('epoch'), 'before:' .. id, string.format('%.0f', math.min(known_until, laid_at)))
  end
end

local function join_index(key)
  if redis.call('EXISTS', own(key)) == 0 then return end
  local at = later(redis.call('PEXPIRETIME', own(key)), redis.call('PEXPIRETIME', laid(key)))
  redis.call('ZUNIONSTORE', laid(key), 2, laid(key), own(key), 'AGGREGATE', 'MAX')
  expire(laid(key), at)
end

-- The entry that refuses a grant goes with its access tokens: the grant itself must not outlive it.
local function drop_if_revoked(key)
  local stored = redis.call('HGET', laid(key), 'grant')
  if not stored then return end
  local is_read, grant = pcall(cjson.decode, stored)
  if not is_read or type(grant) ~= 'table' or type(grant.clientId) ~= 'string' or type(grant.userId) ~= 'string' then
    -- Nobody could tell whether it was revoked, nor use it.
    redis.call('DEL', laid(key))
  elseif is_revoked(laid('revocations'), string.sub(key, #'grant:' + 1), grant.clientId, grant.userId) then
    redis.call('DEL', laid(key))
  end
end
`

/**
 * KEYS: what all keys begin with. ARGV: id of what was laid out, whether it may replace, epoch and number that the
 * records are of, id of the new epoch, what names of the families begin with that stay ended.
 *
 * What could fail comes first, and touches nothing that is served.
 */
export const COMMIT = defineScript(`${IS_REVOKED}${HELPERS}
local first = KEYS[1]
local staged = first .. 'restoring:' .. ARGV[1] .. ':'
local function own(key) return first .. key end
local function laid(key) return staged .. key end
${CARRY_OVER}
if redis.call('GET', first .. 'restoring:' .. ARGV[1]) ~= 'complete' then return 'incomplete' end

local ended = {}
for index = 6, #ARGV do ended[#ended + 1] = ARGV[index] end
local joined = { 'grants:user:', 'grants:client:', 'consents:user:' }
local made_by_people = { 'user:', 'users:disabled', 'revocations', unpack(ended) }

local current, occupied = {}, false
for _, name in ipairs(redis.call('KEYS', first .. '*')) do
  local key = string.sub(name, #first + 1)
  if not begins(key, 'restoring:') then
    current[#current + 1] = key
    occupied = occupied or (key ~= 'revocations:number' and key ~= 'revocations:stream' and begins_with_one(key, made_by_people))
  end
end
if occupied and ARGV[2] ~= '1' then return 'occupied' end

local laid_at = tonumber(redis.call('GET', laid('instant')) or '0')
carry_revocations()
carry_instant()
carry_audit()
for user, disabling in pairs_of(redis.call('HGETALL', own('users:disabled'))) do
  redis.call('HSETNX', laid('users:disabled'), user, disabling)
end
redis.call('SUNIONSTORE', laid('clients:configured'), laid('clients:configured'), own('clients:configured'))
for _, key in ipairs(current) do
  if begins(key, 'logins:ended:') or begins(key, 'consents:forgotten:') then carry_ending(key) end
end

local descent = read_descent()
local known_until = descent[ARGV[3]]
for _, name in ipairs(redis.call('KEYS', staged .. '*')) do
  local key = string.sub(name, #staged + 1)
  if known_until and begins_with_one(key, ended) then take_as_it_is(key, known_until, laid_at)
  elseif known_until and (key == 'clients' or begins_with_one(key, joined)) then join_index(key) end
  if begins(key, 'grant:') then drop_if_revoked(key) end
end

local time = redis.call('TIME')
local number = math.max(tonumber(redis.call('GET', own('revocations:number')) or '0'), tonumber(ARGV[4])) + 1
redis.call('SET', laid('revocations:number'), string.format('%.0f', number))
redis.call('HSET', laid('epoch'), 'id', ARGV[5], 'not_before', time[1] + 1)
write_descent(descent, ARGV[3], laid_at)
redis.call('HSET', laid('restored'), 'id', ARGV[1], 'at', time[1] .. '000')

for _, key in ipairs(current) do redis.call('UNLINK', own(key)) end
for _, name in ipairs(redis.call('KEYS', staged .. '*')) do
  redis.call('RENAME', name, first .. string.sub(name, #staged + 1))
end
redis.call('DEL', first .. 'restoring:' .. ARGV[1])
return 'done'`)
