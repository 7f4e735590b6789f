/** `gateway clients show`. */

import { Command } from 'commander'
import type { ClientEntry, GrantEntry } from '../../../lib/oauth/administration.ts'
import { listAll } from '../../administration/administration.ts'
import { cell, facts, few, minute } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { toLines as grantLines } from '../grants/list.ts'

export const showCommand: CommandMaker = (context) =>
  new Command('show')
    .description('Show one client, and what was granted to it.')
    .argument('<client-id>')
    .action(async (id: string) => {
      await withAdministration(context(), async (administration) => {
        const client = await administration.ask<ClientEntry>('clients/show', { id })
        const grants = await listAll<GrantEntry>(
          administration,
          'grants/list',
          { client: id },
          ({ grant_id }) => grant_id,
        )
        context().output.result({ ...client, granted: grants }, () => [
          ...toLines(client),
          '',
          ...grantLines(grants),
        ])
      })
    })

function toLines(client: ClientEntry): string[] {
  return facts([
    ['client', cell(client.client_id)],
    ['name', cell(client.name)],
    ['kind', client.kind],
    ['proves itself by', client.auth_method],
    ['may ask by', client.grant_types.join(' ')],
    ['answers go to', client.redirect_uris.map(cell).join(' ') || '-'],
    ['registered', minute(client.registered_at)],
    ['approved', client.approved ? 'yes' : 'no'],
    ['ends', client.ends_at === null ? 'never' : minute(client.ends_at)],
    ['users', few(client.users)],
  ])
}
