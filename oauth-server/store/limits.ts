/**
 * Limits: how often somebody may do something, counted by all processes together.
 *
 * Key: `limit:<name>:<hash of subject>` (when the subject will have used nothing any more, in
 * microseconds), until then. A generic cell rate: `burst` at once, from then on `perMinute`.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'
import { defineScript, type Script } from '../../lib/store/script.ts'

export interface Limit {
  readonly name: string
  /** How many at once, after a time without any. */
  readonly burst: number
  /** How many go on and on. */
  readonly perMinute: number
  /** Counted also where the store's memory is full: of what ends access. */
  readonly evenWhenFull?: boolean
}

export interface Limits {
  /**
   * Counts one; resolves with 0, or with the seconds after which the next is let through. What was
   * refused does not count.
   */
  take(limit: Limit, subject: string): Promise<number>
  /** As `take`, and counts nothing. */
  peek(limit: Limit, subject: string): Promise<number>
  /** Takes back a `take`: what it was taken for does not count after all. */
  giveBack(limit: Limit, subject: string): Promise<void>
}

/**
 * Lua: stops there with the microseconds to wait. KEYS: subject. ARGV: microseconds for each, and of a burst. More
 * than a burst is never counted: where it is, with a second to spare, the store's clock was put back.
 */
const CHECK = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local each, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
if held > now + tolerance + 1000000 then held = 0 end
local free = math.max(held, now) + each
if free - now > tolerance then return string.format('%.0f', free - now - tolerance) end
`

const PEEK = defineScript(`${CHECK}
return '0'`)

const TAKE_LUA = `${CHECK}
redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', math.ceil((free - now) / 1000))
return '0'`
const TAKE = defineScript(TAKE_LUA)
const TAKE_EVEN_WHEN_FULL = defineScript(TAKE_LUA, { evenWhenFull: true })

/** KEYS: subject. ARGV: microseconds for each. */
const GIVE_BACK = defineScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free = tonumber(redis.call('GET', KEYS[1]) or '0') - ARGV[1]
if free <= now then return redis.call('DEL', KEYS[1]) end
return redis.call('SET', KEYS[1], string.format('%.0f', free), 'PX', math.ceil((free - now) / 1000))`)

const MINUTE_US = 60_000_000

/** `factor` multiplies every limit; 0 switches them off. */
export function redisLimits(redis: Redis, factor: number): Limits {
  const key = (name: string, subject: string): string => `limit:${name}:${digest(subject)}`
  const run = async (script: Script, { name, burst, perMinute }: Limit, subject: string) => {
    if (factor === 0) return 0
    const each = MINUTE_US / (perMinute * factor)
    const reply = await script(redis, [key(name, subject)], [each, each * burst * factor])
    return Math.ceil(Number(reply) / 1_000_000)
  }
  return {
    take: (limit, subject) =>
      run(limit.evenWhenFull === true ? TAKE_EVEN_WHEN_FULL : TAKE, limit, subject),
    peek: (limit, subject) => run(PEEK, limit, subject),
    async giveBack({ name, perMinute }, subject) {
      if (factor === 0) return
      await GIVE_BACK(redis, [key(name, subject)], [MINUTE_US / (perMinute * factor)])
    },
  }
}
