/**
 * User secrets: what a person has entered for a service of the catalogue.
 *
 * Key: `user-secrets:<hash of person and service>` (hash: for each name the instant at which it was entered
 * and the value, sealed; `revision`, the instant of the last change), until they are deleted;
 * `user-secrets:of:<hash of person>` (set of services), for whoever deletes all of a person. A value is bound
 * to its person, service and name: moved to another place in the store it cannot be opened, and the store
 * alone opens nothing.
 */

import type { Redis } from 'ioredis'
import { digest, open, seal } from '../platform/seal.ts'
import { INSTANT_KEY, NEXT_INSTANT } from './instant.ts'
import { defineScript } from './script.ts'

/** For whose use of which service. */
export interface SecretPlace {
  readonly userId: string
  readonly service: string
}

export interface OpenedSecrets {
  readonly values: ReadonlyMap<string, string>
  /** Names whose value was sealed under another key, or is not where it was put. */
  readonly unreadable: readonly string[]
  /** Greater after each change; 0 where nothing is kept. */
  readonly revision: number
}

export interface UserSecrets {
  /** In place of what was entered under this name before. */
  enter(place: SecretPlace, name: string, value: string): Promise<void>
  /** False when there was none. */
  remove(place: SecretPlace, name: string): Promise<boolean>
  /**
   * Whatever a person has entered.
   * @param services where to look as well: earlier releases did not write down for which something was entered.
   * @returns how many there were.
   */
  forgetOfUser(userId: string, services: Iterable<string>): Promise<number>
  /** The names, and when each was entered, epoch milliseconds; nothing is opened. */
  describe(place: SecretPlace): Promise<ReadonlyMap<string, number>>
  read(place: SecretPlace): Promise<OpenedSecrets>
  /** That of `read`, without opening anything. */
  revision(place: SecretPlace): Promise<number>
}

/** No name of a secret: those are in capitals. */
const REVISION = 'revision'

/** KEYS: instant, secrets, index. ARGV: name, field of the revision, service, sealed value. */
const ENTER = defineScript(`${NEXT_INSTANT}
local instant = next_instant(KEYS[1])
redis.call('HSET', KEYS[2], ARGV[1], instant .. ' ' .. ARGV[4], ARGV[2], instant)
redis.call('SADD', KEYS[3], ARGV[3])`)

/** KEYS: instant, secrets, index. ARGV: name, field of the revision, service. */
const REMOVE = defineScript(`${NEXT_INSTANT}
if redis.call('HDEL', KEYS[2], ARGV[1]) == 0 then return 0 end
if redis.call('HLEN', KEYS[2]) == 1 then
  redis.call('DEL', KEYS[2])
  redis.call('SREM', KEYS[3], ARGV[3])
else redis.call('HSET', KEYS[2], ARGV[2], next_instant(KEYS[1])) end
return 1`)

/** KEYS: index, then the secrets for each service of ARGV. Answers how many values there were. */
const FORGET = defineScript(`
local count = 0
for place, service in ipairs(ARGV) do
  -- One field is the revision.
  count = count + math.max(redis.call('HLEN', KEYS[place + 1]) - 1, 0)
  redis.call('DEL', KEYS[place + 1])
  redis.call('SREM', KEYS[1], service)
end
return count`)

const keyOf = ({ userId, service }: SecretPlace): string =>
  `user-secrets:${digest(JSON.stringify([userId, service]))}`

const indexOf = (userId: string): string => `user-secrets:of:${digest(userId)}`

/** What the scripts take that change one value. */
const keysOf = (place: SecretPlace): string[] => [INSTANT_KEY, keyOf(place), indexOf(place.userId)]

const contextOf = ({ userId, service }: SecretPlace, name: string): string =>
  JSON.stringify(['user-secret', userId, service, name])

interface Entry {
  readonly name: string
  readonly enteredAt: number
  readonly sealed: string
}

export function redisUserSecrets(redis: Redis, key: Buffer): UserSecrets {
  const load = async (place: SecretPlace): Promise<{ entries: Entry[]; revision: number }> => {
    const { [REVISION]: revision = '0', ...stored } = await redis.hgetall(keyOf(place))
    return { entries: Object.entries(stored).map(toEntry), revision: Number(revision) }
  }
  return {
    async enter(place, name, value) {
      const sealed = seal(key, value, contextOf(place, name))
      await ENTER(redis, keysOf(place), [name, REVISION, place.service, sealed])
    },
    async remove(place, name) {
      if (name === REVISION) return false
      return (await REMOVE(redis, keysOf(place), [name, REVISION, place.service])) === 1
    },
    async forgetOfUser(userId, services) {
      const index = indexOf(userId)
      const all = [...new Set([...services, ...(await redis.smembers(index))])]
      const keys = all.map((service) => keyOf({ userId, service }))
      return (await FORGET(redis, [index, ...keys], all)) as number
    },
    async describe(place) {
      const { entries } = await load(place)
      return new Map(entries.map(({ name, enteredAt }) => [name, enteredAt]))
    },
    async read(place) {
      const { entries, revision } = await load(place)
      const values = new Map<string, string>()
      const unreadable: string[] = []
      for (const { name, sealed } of entries) {
        const value = open(key, sealed, contextOf(place, name))
        if (value === undefined) unreadable.push(name)
        else values.set(name, value)
      }
      return { values, unreadable, revision }
    },
    async revision(place) {
      return Number((await redis.hget(keyOf(place), REVISION)) ?? '0')
    },
  }
}

function toEntry([name, stored]: [string, string]): Entry {
  const [instant = '', sealed = ''] = stored.split(' ', 2)
  return { name, enteredAt: Number(instant), sealed }
}
