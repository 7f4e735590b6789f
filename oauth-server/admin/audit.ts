/** `audit/…`: the log of who did what, for an operator who cannot reach the store. */

import { z } from 'zod'
import { AUDIT_KINDS, matchesAudit } from '../../lib/store/audit-record.ts'
import { look, text } from './operation.ts'

const ENTRIES_MAX = 10_000

const filter = z.strictObject({
  kind: z.enum([...AUDIT_KINDS, 'refusal']).optional(),
  user: text.optional(),
  client_id: text.optional(),
  service: text.optional(),
  target: text.optional(),
  outcome: text.optional(),
  request_id: text.optional(),
})

/** The last entries that match, oldest first. */
export const lastAuditEntries = look(
  z.strictObject({ count: z.number().int().min(0).max(ENTRIES_MAX), filter }),
  async ({ families }, input) => ({
    entries: await families.audit.last(input.count, matchesAudit(input.filter)),
  }),
)

/** What came after a place in the log, and the place that reaches up to. */
export const nextAuditEntries = look(
  z.strictObject({ after: text, filter }),
  async ({ families }, { after, filter: wanted }) => {
    const found = await families.audit.after(after)
    const matches = matchesAudit(wanted)
    return {
      entries: found.filter(({ record }) => matches(record)),
      end: found.at(-1)?.id ?? after,
    }
  },
)

export const auditEndOf = look(z.strictObject({}), async ({ families }) => ({
  end: await families.audit.end(),
}))
