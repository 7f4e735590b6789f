/** `gateway grants list`. */

import { Command } from 'commander'
import type { GrantEntry } from '../../../lib/oauth/administration.ts'
import { cell, count, minute } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { toTable } from '../../output.ts'
import { type GrantFilter, selectGrants, withFilters } from './select.ts'

export const listCommand: CommandMaker = (context) =>
  withFilters(new Command('list').description('List live grants, the youngest first.')).action(
    async (filter: GrantFilter) => {
      const { output, clock } = context()
      await withAdministration(context(), async (administration) => {
        const grants = await selectGrants(administration, filter, clock())
        output.result({ grants }, () => toLines(grants))
      })
    },
  )

const HEAD = ['GRANT', 'USER', 'CLIENT', 'SERVICE', 'SCOPES', 'GRANTED', 'LAST TOKEN', 'ENDS']

export function toLines(grants: readonly GrantEntry[]): string[] {
  return [...toTable([HEAD, ...grants.map(toRow)]), '', `${count(grants.length, 'grant')}.`]
}

function toRow(grant: GrantEntry): string[] {
  const { grant_id, user, client_id, label, service, scopes } = grant
  return [
    grant_id,
    cell(user),
    cell(label === null ? client_id : `${client_id} (${label})`),
    cell(service),
    scopes.map(cell).join(' '),
    minute(grant.granted_at),
    minute(grant.used_at),
    minute(grant.ends_at),
  ]
}
