/** Takes away, or only counts, what indexes and the audit log hold beyond what is needed. */

import type { Redis } from 'ioredis'
import { AUDIT_KEY } from '../../lib/store/audit-record.ts'
import { defineScript } from '../../lib/store/script.ts'
import { walkKeys } from '../../lib/store/walk.ts'

export interface SweepOptions {
  /** Otherwise it is only counted. */
  readonly remove: boolean
  /** Older audit goes, epoch milliseconds; the length of the log is kept to in any case. */
  readonly auditBefore: number | undefined
}

/** KEYS: index. ARGV: what a key of its members begins with, remove. Answers how many members name nothing. */
const SWEEP_INDEX = defineScript(`
local gone = 0
local first = KEYS[2]
for _, member in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if redis.call('EXISTS', first .. member) == 0 then
    gone = gone + 1
    if ARGV[1] == '1' then redis.call('ZREM', KEYS[1], member) end
  end
end
return gone`)

/** KEYS: index by the end of its members. ARGV: remove. */
const SWEEP_ENDED = defineScript(`
local now = redis.call('TIME')[1]
if ARGV[1] == '1' then return redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now) end
return redis.call('ZCOUNT', KEYS[1], '-inf', '(' .. now)`)

/** Indexes by what they begin with, and what the keys begin with that their members name. */
const INDEXES = [
  ['grants:user:', 'grant:'],
  ['grants:client:', 'grant:'],
] as const

/** Indexes whose scores are ends, in epoch seconds. */
const ENDED = ['clients', 'users'] as const

/** @returns how many entries name what has ended. */
export async function sweepIndexes(redis: Redis, remove: boolean): Promise<number> {
  const unapproved = await sweepIndex(redis, 'clients:unapproved', 'client:', remove)
  let gone = unapproved
  for (const key of ENDED) gone += await sweepEnded(redis, key, remove)
  for (const [start, member] of INDEXES) {
    gone += await sumOver(redis, start, (key) => sweepIndex(redis, key, member, remove))
  }
  return gone + (await sumOver(redis, 'consents:user:', (key) => sweepEnded(redis, key, remove)))
}

async function sumOver(
  redis: Redis,
  start: string,
  sweep: (key: string) => Promise<number>,
): Promise<number> {
  let sum = 0
  // Of those that come twice the second has nothing left; while it is only counted they count once.
  const seen = new Set<string>()
  for await (const keys of walkKeys(redis, start)) {
    for (const key of keys) {
      if (!seen.has(key)) sum += await sweep(key)
      seen.add(key)
    }
  }
  return sum
}

async function sweepIndex(
  redis: Redis,
  key: string,
  member: string,
  remove: boolean,
): Promise<number> {
  return Number(await SWEEP_INDEX(redis, [key, member], [remove ? 1 : 0]))
}

async function sweepEnded(redis: Redis, key: string, remove: boolean): Promise<number> {
  return Number(await SWEEP_ENDED(redis, [key], [remove ? 1 : 0]))
}

/** @returns how many entries are too old or too many. */
export async function sweepAudit(
  redis: Redis,
  entriesMax: number,
  { remove, auditBefore }: SweepOptions,
): Promise<number> {
  const old = auditBefore === undefined ? 0 : await countAudit(redis, auditBefore)
  const excess = Math.max(old, (await redis.xlen(AUDIT_KEY)) - entriesMax, 0)
  if (!remove || excess === 0) return excess
  if (auditBefore !== undefined) await redis.xtrim(AUDIT_KEY, 'MINID', auditBefore)
  await redis.xtrim(AUDIT_KEY, 'MAXLEN', entriesMax)
  return excess
}

const PAGE = 1000

/** The id of an entry begins with its time. */
async function countAudit(redis: Redis, before: number): Promise<number> {
  let count = 0
  let from = '-'
  for (;;) {
    const entries = await redis.xrange(AUDIT_KEY, from, `(${before}`, 'COUNT', PAGE)
    count += entries.length
    if (entries.length < PAGE) return count
    from = `(${entries.at(-1)?.[0]}`
  }
}
