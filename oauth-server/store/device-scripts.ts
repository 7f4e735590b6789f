/** What happens to a device authorization, each as one step in the store; `devices.ts` says what is kept. */

import { defineScript } from '../../lib/store/script.ts'
import { CREATE_GRANT, KEEP_GRANT } from './grant-scripts.ts'
import { FIND_LOGIN } from './logins.ts'
import { OPEN_FAMILY } from './refresh-families.ts'

const NOW_MS = `
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`

/**
 * KEYS: device, user code, devices. ARGV: hash of device code, hash of user code, client, request,
 * lifetime, interval, how long it is remembered (ms), how many there may be.
 */
export const OPEN = defineScript(`${NOW_MS}
local now = now_ms()
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. string.format('%.0f', now))
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[8]) then return 'full' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'taken' end
local ends = string.format('%.0f', now + ARGV[5] + ARGV[7])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[5])
redis.call('HSET', KEYS[1], 'state', 'pending', 'client', ARGV[3], 'request', ARGV[4], 'user_code', ARGV[2],
  'expires_at', string.format('%.0f', now + ARGV[5]), 'interval', ARGV[6])
redis.call('PEXPIREAT', KEYS[1], ends)
redis.call('ZADD', KEYS[3], ends, ARGV[1])
return 'opened'`)

/** KEYS: user code, start of device keys, confirmation. ARGV: hash of browser. */
export const SHOW = defineScript(`
local device = redis.call('GET', KEYS[1])
if not device then return nil end
redis.call('HSET', KEYS[3], 'browser', ARGV[1], 'device', device)
redis.call('PEXPIRE', KEYS[3], redis.call('PTTL', KEYS[1]))
return redis.call('HGET', KEYS[2] .. device, 'request')`)

/**
 * Lua: `awaited(browser)` answers the hash of the device code that waits for a decision of this browser's.
 * KEYS confirmation, start of device keys.
 */
const AWAITED = `${NOW_MS}
local function awaited(browser)
  local held = redis.call('HMGET', KEYS[1], 'browser', 'device')
  if held[1] ~= browser then return nil end
  local device = redis.call('HMGET', KEYS[2] .. held[2], 'state', 'expires_at')
  if device[1] ~= 'pending' or now_ms() >= tonumber(device[2]) then return nil end
  return held[2]
end
`

/** ARGV: hashes of the browser's cookies. Answers which of them it is, and the request. */
export const FIND = defineScript(`${AWAITED}
for index, browser in ipairs(ARGV) do
  local device = awaited(browser)
  if device then return { index, redis.call('HGET', KEYS[2] .. device, 'request') } end
end
return nil`)

/** Lua: `decide(device)`: from now on neither its user code nor this page leads to it. */
const DECIDE = `
local function decide(device)
  redis.call('DEL', KEYS[1], KEYS[3] .. redis.call('HGET', KEYS[2] .. device, 'user_code'))
end
`

/**
 * KEYS beyond those of AWAITED: start of user code keys, those of creating a grant, those of the login.
 * ARGV: hash of browser; those of creating a grant, where the seconds count from the end of the device code; user.
 */
export const APPROVE = defineScript(`${AWAITED}${DECIDE}${CREATE_GRANT}${FIND_LOGIN}
local device = awaited(ARGV[1])
if not device then return 'gone' end
if not find_login(KEYS[8], KEYS[9]) then return 'signed-out' end
local key = KEYS[2] .. device
local rest = math.ceil((redis.call('HGET', key, 'expires_at') - now_ms()) / 1000)
local grant = create_grant(4, ARGV[2], ARGV[3], rest + ARGV[4])
redis.call('HSET', key, 'state', 'approved', 'grant', grant, 'user', ARGV[5])
decide(device)
return 'approved'`)

/** KEYS beyond those of AWAITED: start of user code keys, devices. ARGV: hash of browser. */
export const DENY = defineScript(`${AWAITED}${DECIDE}
local device = awaited(ARGV[1])
if not device then return 0 end
redis.call('HSET', KEYS[2] .. device, 'state', 'denied')
redis.call('ZREM', KEYS[4], device)
decide(device)
return 1`)

/** KEYS: device. ARGV: client, tolerance, what the interval grows by (ms). */
export const POLL = defineScript(`${NOW_MS}
local held = redis.call('HMGET', KEYS[1], 'client', 'state', 'expires_at', 'interval', 'polled_at', 'grant', 'user')
local client, state, expires_at, interval, polled_at = held[1], held[2], held[3], held[4], held[5]
if client ~= ARGV[1] then return { 'unknown' } end
if state == 'redeemed' then return { state, held[6], held[7] } end
if state == 'denied' then return { state } end
local now = now_ms()
if now >= tonumber(expires_at) then return { 'expired' } end
if state == 'approved' then return { state, held[6], held[7] } end
redis.call('HSET', KEYS[1], 'polled_at', string.format('%.0f', now))
if polled_at and now + ARGV[2] < polled_at + interval then
  redis.call('HINCRBY', KEYS[1], 'interval', ARGV[3])
  return { 'slow_down' }
end
return { 'pending' }`)

/** KEYS beyond those of KEEP_GRANT: device, devices, family. ARGV beyond: hash of device code, '1' with a family. */
export const REDEEM = defineScript(`${NOW_MS}${KEEP_GRANT}${OPEN_FAMILY}
local held = redis.call('HMGET', KEYS[5], 'state', 'grant', 'expires_at')
if held[2] ~= ARGV[1] then return 'unknown' end
if held[1] == 'redeemed' then return 'replayed' end
if now_ms() >= tonumber(held[3]) then return 'expired' end
if not is_alive() then return 'dead' end
keep_grant()
if ARGV[7] == '1' then open_family(KEYS[7]) end
redis.call('HSET', KEYS[5], 'state', 'redeemed')
redis.call('ZREM', KEYS[6], ARGV[6])
return 'redeemed'`)
