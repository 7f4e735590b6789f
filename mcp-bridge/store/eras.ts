/**
 * Which eras of the protocol a service's servers know, as far as that was seen.
 *
 * Key: `eras:<SHA-256 of the service and how it starts>` (hash: era → `yes` | `no`), alive for a week: a
 * server that is started otherwise is another one, and one that was renewed in place is asked again some day.
 */

import type { Redis } from 'ioredis'
import type { Service } from '../../lib/catalogue/service.ts'
import { digest } from '../../lib/platform/seal.ts'
import { ERAS, type Era } from '../runner/servers.ts'

export type KnownEras = Readonly<Partial<Record<Era, boolean>>>

export interface EraRecords {
  read(service: Service): Promise<KnownEras>
  note(service: Service, era: Era, isKnown: boolean): Promise<void>
}

const LIFETIME_SECONDS = 7 * 86_400

export function redisEras(redis: Redis): EraRecords {
  return {
    async read(service) {
      const stored = await redis.hgetall(eraKeyOf(service))
      const known = ERAS.flatMap((era) => {
        const value = stored[era]
        return value === undefined ? [] : [[era, value === 'yes'] as const]
      })
      return Object.fromEntries(known)
    },
    async note(service, era, isKnown) {
      const key = eraKeyOf(service)
      const replies = await redis
        .multi()
        .hset(key, era, isKnown ? 'yes' : 'no')
        .expire(key, LIFETIME_SECONDS)
        .exec()
      for (const [error] of replies ?? []) if (error) throw error
    },
  }
}

export function eraKeyOf({ name, launch, runner }: Service): string {
  return `eras:${digest(JSON.stringify([name, launch, runner ?? null]))}`
}
