/**
 * Bindings: which id a name in an access rule stands for, from the first match on.
 *
 * Keys: `access:bindings` (hash: rule → id), `access:bindings:revision` (a random text, another after
 * each change, so that each process reads them again only then).
 */

import type { Redis } from 'ioredis'
import { randomText } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'

/** The id by the rule, as `evaluate.ts` calls rules. */
export type Bindings = ReadonlyMap<string, string>

/** A rule that nobody fulfilled before, and the id it would be bound to. */
export interface Claim {
  readonly binding: string
  readonly id: string
}

export interface AccessBindings {
  all(): Promise<Bindings>
  /** Binds what is not bound yet: of any number of racing ids one wins, once and for all. */
  bind(claims: readonly Claim[]): Promise<void>
  /** Forgets all others: a rule that was taken away and written again is bound anew. */
  keepOnly(bindings: ReadonlySet<string>): Promise<void>
}

const KEYS = ['access:bindings', 'access:bindings:revision'] as const

/** ARGV: revision held. Nothing beside the revision where it is still that one. */
const ALL = defineScript(`
local revision = redis.call('GET', KEYS[2]) or 'none'
if revision == ARGV[1] then return { revision } end
return { revision, redis.call('HGETALL', KEYS[1]) }`)

/** ARGV: new revision; rule and id, in turns. */
const BIND = defineScript(`
local bound = 0
for index = 2, #ARGV, 2 do
  bound = bound + redis.call('HSETNX', KEYS[1], ARGV[index], ARGV[index + 1])
end
if bound > 0 then redis.call('SET', KEYS[2], ARGV[1]) end`)

/** ARGV: new revision; the rules to keep. */
const KEEP_ONLY = defineScript(`
local kept = {}
for index = 2, #ARGV do kept[ARGV[index]] = true end
local forgotten = 0
for _, rule in ipairs(redis.call('HKEYS', KEYS[1])) do
  if not kept[rule] then forgotten = forgotten + redis.call('HDEL', KEYS[1], rule) end
end
if forgotten > 0 then redis.call('SET', KEYS[2], ARGV[1]) end`)

export function redisAccessBindings(redis: Redis): AccessBindings {
  let held = { revision: '', bindings: new Map<string, string>() }
  return {
    async all() {
      const { revision, bindings } = held
      const reply = (await ALL(redis, KEYS, [revision])) as [string, string[]?]
      if (reply[1] === undefined) return bindings
      held = { revision: reply[0], bindings: toMap(reply[1]) }
      return held.bindings
    },
    async bind(claims) {
      const pairs = claims.flatMap(({ binding, id }) => [binding, id])
      await BIND(redis, KEYS, [randomText(16), ...pairs])
    },
    async keepOnly(bindings) {
      await KEEP_ONLY(redis, KEYS, [randomText(16), ...bindings])
    },
  }
}

function toMap(listed: readonly string[]): Map<string, string> {
  const map = new Map<string, string>()
  for (let index = 0; index + 1 < listed.length; index += 2) {
    map.set(listed[index] ?? '', listed[index + 1] ?? '')
  }
  return map
}
