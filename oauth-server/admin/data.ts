/** `data/…`: what the store holds, and taking away what nobody needs. */

import { z } from 'zod'
import type { StoreStatistics, Swept } from '../../lib/oauth/administration.ts'
import { change, look } from './operation.ts'

export const showStatistics = look(
  z.strictObject({}),
  async ({ families }): Promise<StoreStatistics> => {
    const figures = await families.upkeep.figures()
    return {
      keys: figures.keys,
      used_bytes: figures.usedBytes,
      peak_bytes: figures.peakBytes,
      max_bytes: figures.maxBytes,
      revocations: figures.revocations,
      audit: {
        entries: figures.auditEntries,
        oldest: toTime(figures.auditFrom),
        newest: toTime(figures.auditTo),
      },
    }
  },
)

/** Seconds since the epoch: older entries of the audit log go too. */
const sweepInput = z.strictObject({ audit_before: z.int().min(0).optional() })

export const countGarbage = look(
  sweepInput,
  async ({ families }, { audit_before }): Promise<Swept> => ({
    swept: await families.upkeep.sweep({ remove: false, auditBefore: toMs(audit_before) }),
  }),
)

export const purgeGarbage = change(sweepInput, async ({ families }, { audit_before }) => {
  const swept = await families.upkeep.sweep({ remove: true, auditBefore: toMs(audit_before) })
  return { body: { swept } satisfies Swept, targets: [{ target: '', outcome: 'ok' }] }
})

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000
}

function toTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
