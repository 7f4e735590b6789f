/**
 * Upkeep: what the store holds, and what of it nobody needs any more.
 *
 * Records end by themselves. What stays behind are entries of indexes that name what has ended, which whoever uses an
 * index passes over; revocations of what has died; audit beyond its length; what a restore has left that was killed.
 */

import type { Redis } from 'ioredis'
import { AUDIT_KEY } from '../../lib/store/audit-record.ts'
import { clearLaidOut, countAbandoned } from '../../lib/store/restoring.ts'
import { dropExpiredRevocations, REVOCATIONS_KEY } from '../../lib/store/revocations.ts'
import { countFamilies } from '../../lib/store/walk.ts'
import { type SweepOptions, sweepAudit, sweepIndexes } from './sweeps.ts'

export interface StoreFigures {
  /** Keys by family. */
  readonly keys: Readonly<Record<string, number>>
  readonly usedBytes: number
  readonly peakBytes: number
  /** Null without a bound. */
  readonly maxBytes: number | null
  readonly revocations: number
  readonly auditEntries: number
  /** Epoch milliseconds; null without entries. */
  readonly auditFrom: number | null
  readonly auditTo: number | null
}

/** What may go, by what it is: entries, or keys. */
export type Garbage = Readonly<Record<string, number>>

export interface Upkeep {
  figures(): Promise<StoreFigures>
  sweep(options: SweepOptions): Promise<Garbage>
}

export function redisUpkeep(redis: Redis, auditEntries: number): Upkeep {
  return {
    async figures() {
      const [keys, info, revocations, audit, first, last] = await Promise.all([
        countFamilies(redis),
        redis.info('memory'),
        redis.hlen(REVOCATIONS_KEY),
        redis.xlen(AUDIT_KEY),
        redis.xrange(AUDIT_KEY, '-', '+', 'COUNT', 1),
        redis.xrevrange(AUDIT_KEY, '+', '-', 'COUNT', 1),
      ])
      const max = numberIn(info, 'maxmemory')
      return {
        keys: Object.fromEntries(keys),
        usedBytes: numberIn(info, 'used_memory'),
        peakBytes: numberIn(info, 'used_memory_peak'),
        maxBytes: max === 0 ? null : max,
        revocations,
        auditEntries: audit,
        auditFrom: timeOf(first),
        auditTo: timeOf(last),
      }
    },
    async sweep(options) {
      const { remove } = options
      const abandoned = await countAbandoned(redis)
      if (remove && abandoned > 0) await clearLaidOut(redis)
      return {
        'entries of indexes': await sweepIndexes(redis, remove),
        'expired revocations': await dropExpiredRevocations(redis, remove),
        'audit entries': await sweepAudit(redis, auditEntries, options),
        'keys of broken-off restores': abandoned,
      }
    },
  }
}

function numberIn(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
}

function timeOf([entry]: [string, string[]][]): number | null {
  return entry === undefined ? null : Number(entry[0].split('-')[0])
}
