/** Looks at all keys of ours without the store ever being busy with it: a few names at a time. */

import type { Redis } from 'ioredis'
import { familyOf } from './families.ts'

const STEP = 500

/** Names without the prefix that all keys of ours have; one may come twice. @param start what they begin with. */
export async function* walkKeys(redis: Redis, start = ''): AsyncGenerator<string[]> {
  const prefix = redis.options.keyPrefix ?? ''
  let cursor = '0'
  do {
    const pattern = `${prefix}${start}*`
    const [next, names] = await redis.scan(cursor, 'MATCH', pattern, 'COUNT', STEP)
    const keys = names.map((name) => name.slice(prefix.length))
    if (keys.length > 0) yield keys
    cursor = next
  } while (cursor !== '0')
}

/** How many keys each family has; families without any are left out. */
export async function countFamilies(redis: Redis): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for await (const keys of walkKeys(redis)) {
    for (const key of keys) {
      const { name } = familyOf(key)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  return counts
}
