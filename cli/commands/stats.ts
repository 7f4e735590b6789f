/** `gateway stats`: what the store holds, and of whom. */

import { Command } from 'commander'
import type { GrantEntry, StoreStatistics } from '../../lib/oauth/administration.ts'
import { listAll } from '../administration/administration.ts'
import { cell, minute, toByteSize } from '../administration/cells.ts'
import { type GrantFigures, toGrantFigures } from '../administration/grant-figures.ts'
import { withAdministration } from '../administration/with-administration.ts'
import type { CommandMaker } from '../context.ts'
import { toTable } from '../output.ts'

const NOTES = `
The store is walked a few names at a time: nobody waits for it. A family is what the names of its records begin with.
`

export const statsCommand: CommandMaker = (context) =>
  new Command('stats')
    .description('Count what the store holds: by family, by service, by person and by client.')
    .addHelpText('after', NOTES)
    .action(async () => {
      await withAdministration(context(), async (administration) => {
        const store = await administration.ask<StoreStatistics>('data/stats', {})
        const grants = await listAll<GrantEntry>(
          administration,
          'grants/list',
          {},
          ({ grant_id }) => grant_id,
        )
        const figures = toGrantFigures(grants)
        context().output.result({ ...store, grants: figures }, () => toLines(store, figures))
      })
    })

function toLines(store: StoreStatistics, grants: GrantFigures): string[] {
  const { keys, used_bytes, peak_bytes, max_bytes, revocations, audit } = store
  const families = Object.entries(keys).toSorted(([, one], [, other]) => other - one)
  const bound = max_bytes === null ? 'no bound' : `bound ${toByteSize(max_bytes)}`
  return [
    `memory ${toByteSize(used_bytes)} (peak ${toByteSize(peak_bytes)}, ${bound}); ${revocations} revocations`,
    `audit ${audit.entries} entries, from ${minute(audit.oldest)} to ${minute(audit.newest)}`,
    `grants ${grants.count}, from ${minute(grants.oldest)} to ${minute(grants.newest)}`,
    '',
    ...toTable([['FAMILY', 'KEYS'], ...families.map(([name, count]) => [name, String(count)])]),
    ...most('SERVICE', grants.by_service),
    ...most('USER', grants.by_user),
    ...most('CLIENT', grants.by_client),
  ]
}

function most(what: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts).map(([name, count]) => [cell(name), String(count)])
  return rows.length === 0 ? [] : ['', ...toTable([[what, 'GRANTS'], ...rows])]
}
