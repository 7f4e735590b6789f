/**
 * Leases: which bridge process owns what, and until when.
 *
 * Keys: `lease:<SHA-256 of what is owned>` → `<instance> <fence>`, gone with its end; `leases:fence`, the
 * last fencing number given out; `leases:since`, when this store began to know of leases (its own time, ms).
 * Each verb is one script. A store that was emptied, or put back to an earlier state, may have forgotten what
 * others own: it begins anew, and where there are several bridges nobody gets anything before all that may
 * have been forgotten has ended. So does one that began later than now: its clock was ahead.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'
import type { LeaseSubject } from '../leases.ts'

const FENCE_KEY = 'leases:fence'
const SINCE_KEY = 'leases:since'

export interface LeaseRecord {
  readonly key: string
  readonly fence: number
}

export interface Claim {
  readonly key: string
  /** A bridge process of which nothing is left: what it owned passes on at once. */
  readonly heirOf: string | undefined
}

export type Claimed =
  | { readonly kind: 'taken'; readonly fence: number }
  | { readonly kind: 'held'; readonly instance: string }
  /** Nobody gets it yet. */
  | { readonly kind: 'wait' }

export interface LeaseRecords {
  take(claim: Claim): Promise<Claimed>
  /** Prolongs all of them; answers, in their order, whether each is still ours. */
  renew(held: readonly LeaseRecord[]): Promise<boolean[]>
  release(held: LeaseRecord): Promise<void>
}

export interface LeaseRecordsOptions {
  readonly instance: string
  readonly termMs: number
  /** Whether other bridges use this store. */
  readonly hasPeers: boolean
}

/** Fencing numbers never fall: whoever has seen a greater one knows that the store has lost something. */
const BEGIN = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function begin(fence_key, since_key, seen)
  local fence = tonumber(redis.call('GET', fence_key) or '0')
  local since = tonumber(redis.call('GET', since_key))
  if fence < seen then redis.call('SET', fence_key, seen) end
  if since and since <= now() and fence >= seen then return since end
  redis.call('SET', since_key, string.format('%.0f', now()))
  return now()
end
`

const take = defineScript(`${BEGIN}
local instance, heir_of, term, has_peers = ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5] == '1'
local since = begin(KEYS[2], KEYS[3], tonumber(ARGV[1]))
local holder = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) ')
if holder and holder ~= instance and holder ~= heir_of then
  return { 'held', holder }
end
if has_peers and not holder and now() < since + term then return { 'wait' } end
local fence = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], instance .. ' ' .. fence, 'PX', term)
return { 'taken', fence }
`)

const renew = defineScript(`${BEGIN}
begin(KEYS[1], KEYS[2], tonumber(ARGV[1]))
local renewed = {}
for index = 3, #KEYS do
  local is_ours = redis.call('GET', KEYS[index]) == ARGV[index]
  if is_ours then redis.call('PEXPIRE', KEYS[index], ARGV[2]) end
  renewed[index - 2] = is_ours and 1 or 0
end
return renewed
`)

const release = defineScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
`)

export function redisLeases(redis: Redis, options: LeaseRecordsOptions): LeaseRecords {
  const { instance, termMs, hasPeers } = options
  /** The greatest fencing number that this process has seen. */
  let seen = 0
  const toValue = ({ fence }: LeaseRecord): string => `${instance} ${fence}`
  return {
    async take({ key, heirOf = '' }) {
      const keys = [key, FENCE_KEY, SINCE_KEY]
      const values = [seen, instance, heirOf, termMs, hasPeers ? 1 : 0]
      const claimed = toClaimed(await take(redis, keys, values))
      if (claimed.kind === 'taken') seen = Math.max(seen, claimed.fence)
      return claimed
    },
    async renew(held) {
      const keys = [FENCE_KEY, SINCE_KEY, ...held.map(({ key }) => key)]
      const replies = await renew(redis, keys, [seen, termMs, ...held.map(toValue)])
      return (replies as number[]).map((reply) => reply === 1)
    },
    async release(held) {
      await release(redis, [held.key], [toValue(held)])
    },
  }
}

export function leaseKeyOf({ service, user, era = 'sessions' }: LeaseSubject): string {
  return `lease:${digest(JSON.stringify([service, user ?? null, era]))}`
}

function toClaimed(reply: unknown): Claimed {
  const [kind, value] = reply as [Claimed['kind'], string | number]
  if (kind === 'taken') return { kind, fence: Number(value) }
  return kind === 'wait' ? { kind } : { kind, instance: String(value) }
}
