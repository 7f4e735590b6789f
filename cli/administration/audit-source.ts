/** The audit log from where it can be read: the store of a gateway here, or through a compose project. */

import {
  type AuditEntry,
  type AuditFilter,
  auditAfter,
  auditEnd,
  lastAudit,
  matchesAudit,
} from '../../lib/store/audit-record.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { findGateway } from '../instance/control-client.ts'
import { withStore } from '../instance/store.ts'
import { createAdministration } from './administration.ts'
import { execInCompose } from './compose-exec.ts'
import { operatorName } from './with-administration.ts'

export interface AuditSource {
  last(count: number): Promise<readonly AuditEntry[]>
  /** What matches of some that came after a place, and the place that reaches up to. */
  next(after: string): Promise<{ readonly entries: readonly AuditEntry[]; readonly end: string }>
  /** The place of the latest entry. */
  end(): Promise<string>
}

/** @throws CliError when there is no gateway to be asked. */
export async function withAudit(
  context: Context,
  filter: AuditFilter,
  use: (source: AuditSource) => Promise<void>,
): Promise<void> {
  const lines = (await isHere(context)) ? undefined : await execInCompose(context)
  if (lines === undefined) return await withStoreAudit(context, filter, use)
  const { ask } = createAdministration(lines, operatorName())
  try {
    await use({
      last: async (count) =>
        (await ask<{ entries: AuditEntry[] }>('audit/last', { count, filter })).entries,
      next: (after) => ask('audit/next', { after, filter }),
      end: async () => (await ask<{ end: string }>('audit/end', {})).end,
    })
  } finally {
    lines.destroy()
  }
}

function withStoreAudit(
  context: Context,
  filter: AuditFilter,
  use: (source: AuditSource) => Promise<void>,
): Promise<void> {
  const matches = matchesAudit(filter)
  return withStore(context, (redis) =>
    use({
      last: (count) => lastAudit(redis, count, matches),
      async next(after) {
        const found = await auditAfter(redis, after)
        return {
          entries: found.filter(({ record }) => matches(record)),
          end: found.at(-1)?.id ?? after,
        }
      },
      end: () => auditEnd(redis),
    }),
  )
}

async function isHere(context: Context): Promise<boolean> {
  return (await findGateway(stateDirectoryOf(context), context.environment)) !== undefined
}
