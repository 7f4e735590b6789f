/**
 * The store's records as values, whatever Redis or Valkey it is: what backups hold.
 *
 * `DUMP` would bind a backup to the version of the server that made it, and nobody could read it.
 */

import type { Redis } from 'ioredis'

export type StoreRecord = {
  /** Without the prefix that all keys of ours have. */
  readonly key: string
  /** Epoch milliseconds; null for ever. */
  readonly expires_at: number | null
} & RecordValue

/** A large collection comes in several records of one key, each with some of its members. */
export type RecordValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'set' | 'list'; readonly value: readonly string[] }
  /** Field and value, member and score, or id of an entry and its fields one after the other. */
  | { readonly kind: 'hash' | 'zset'; readonly value: readonly (readonly [string, string])[] }
  | { readonly kind: 'stream'; readonly value: readonly (readonly [string, readonly string[]])[] }

/** Names at one step of the walk, and members of one record. */
const STEP = 500
const MEMBERS_MAX = 500

/**
 * KEYS: what all keys begin with. ARGV: cursor, length of a step, members that are read here at most. One walk's step
 * in one round trip: writes wait for it. Read-only, so that it may run while they do. Larger ones are read by `readPieces`.
 */
const READ_STEP = `
local found = redis.call('SCAN', ARGV[1], 'MATCH', KEYS[1] .. '*', 'COUNT', ARGV[2])
local sizes = { hash = 'HLEN', zset = 'ZCARD', set = 'SCARD', list = 'LLEN', stream = 'XLEN' }
local records = {}
for _, name in ipairs(found[2]) do
  local kind = redis.call('TYPE', name).ok
  local key, at = string.sub(name, #KEYS[1] + 1), redis.call('PEXPIRETIME', name)
  local value = false
  if kind == 'string' then value = redis.call('GET', name)
  elseif sizes[kind] and redis.call(sizes[kind], name) <= tonumber(ARGV[3]) then
    if kind == 'hash' then value = redis.call('HGETALL', name)
    elseif kind == 'zset' then value = redis.call('ZRANGE', name, 0, -1, 'WITHSCORES')
    elseif kind == 'set' then value = redis.call('SMEMBERS', name)
    elseif kind == 'list' then value = redis.call('LRANGE', name, 0, -1)
    else value = redis.call('XRANGE', name, '-', '+') end
  end
  if kind ~= 'none' then records[#records + 1] = { key, kind, at, value } end
end
return { found[1], records }`

/**
 * Every record whose key `wants` accepts, each key once. What is written meanwhile may be there or not: for one
 * moment of the whole, nobody may write (`whileNobodyWrites`).
 */
export async function* readRecords(
  redis: Redis,
  wants: (key: string) => boolean,
): AsyncGenerator<StoreRecord> {
  const seen = new Set<string>()
  let cursor = '0'
  do {
    const [next, found] = await readStep(redis, cursor)
    for (const [key, kind, at, value] of found) {
      // The walk may come by one twice.
      if (seen.has(key) || !wants(key)) continue
      seen.add(key)
      yield* toRecords(redis, { key, expires_at: at > 0 ? at : null }, kind, value)
    }
    cursor = next
  } while (cursor !== '0')
}

type Found = readonly [
  key: string,
  kind: string,
  expiresAt: number,
  value: string | unknown[] | null,
]

async function readStep(redis: Redis, cursor: string): Promise<[string, Found[]]> {
  // The name of no key, before which the connection puts what all keys begin with.
  const reply = await redis.call('EVAL_RO', READ_STEP, 1, '', cursor, STEP, MEMBERS_MAX)
  return reply as [string, Found[]]
}

async function* toRecords(
  redis: Redis,
  head: Head,
  kind: string,
  value: Found[3],
): AsyncGenerator<StoreRecord> {
  if (value !== null) yield toRecord(head, kind, value)
  else
    for await (const piece of readPieces(redis, head.key, kind)) yield toRecord(head, kind, piece)
}

type Head = Pick<StoreRecord, 'key' | 'expires_at'>

function toRecord(head: Head, kind: string, value: string | readonly unknown[]): StoreRecord {
  if (kind === 'hash' || kind === 'zset') {
    return { ...head, kind, value: toPairs(value as readonly string[]) }
  }
  if (!isKind(kind)) throw new Error(`${head.key} is of the kind ${kind}, which none of ours is`)
  return { ...head, kind, value } as StoreRecord
}

function isKind(kind: string): kind is StoreRecord['kind'] {
  return ['string', 'hash', 'zset', 'set', 'list', 'stream'].includes(kind)
}

function toPairs(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let index = 0; index + 1 < flat.length; index += 2) {
    pairs.push([flat[index] ?? '', flat[index + 1] ?? ''])
  }
  return pairs
}

/** Piece by piece, so that the store never answers with all of it at once. */
async function* readPieces(
  redis: Redis,
  key: string,
  kind: string,
): AsyncGenerator<readonly unknown[]> {
  if (kind === 'stream') return yield* readStream(redis, key)
  if (kind === 'list') return yield* readList(redis, key)
  const scan = {
    hash: (cursor: string) => redis.hscan(key, cursor, 'COUNT', MEMBERS_MAX),
    zset: (cursor: string) => redis.zscan(key, cursor, 'COUNT', MEMBERS_MAX),
    set: (cursor: string) => redis.sscan(key, cursor, 'COUNT', MEMBERS_MAX),
  }[kind]
  if (scan === undefined) throw new Error(`${key} is of the kind ${kind}, which none of ours is`)
  let cursor = '0'
  do {
    const [next, members] = await scan(cursor)
    if (members.length > 0) yield members
    cursor = next
  } while (cursor !== '0')
}

async function* readList(redis: Redis, key: string): AsyncGenerator<readonly string[]> {
  for (let from = 0; ; from += MEMBERS_MAX) {
    const members = await redis.lrange(key, from, from + MEMBERS_MAX - 1)
    if (members.length > 0) yield members
    if (members.length < MEMBERS_MAX) return
  }
}

async function* readStream(redis: Redis, key: string): AsyncGenerator<[string, string[]][]> {
  let from = '-'
  for (;;) {
    const entries = await redis.xrange(key, from, '+', 'COUNT', MEMBERS_MAX)
    if (entries.length > 0) yield entries
    if (entries.length < MEMBERS_MAX) return
    from = `(${entries.at(-1)?.[0]}`
  }
}
