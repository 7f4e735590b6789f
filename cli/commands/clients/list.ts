/** `gateway clients list`. */

import { Command } from 'commander'
import type { ClientEntry } from '../../../lib/oauth/administration.ts'
import { cell, count, few, minute, toPlace } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { toTable } from '../../output.ts'
import { type ClientFilter, selectClients, withFilters } from './select.ts'

const NOTES = `
Clients that are named by the address of their document do not register: gateway grants list shows what they have.
`

export const listCommand: CommandMaker = (context) =>
  withFilters(new Command('list').description('List clients, the youngest first.'))
    .addHelpText('after', NOTES)
    .action(async (filter: ClientFilter) => {
      const { output, clock } = context()
      await withAdministration(context(), async (administration) => {
        const clients = await selectClients(administration, filter, clock())
        output.result({ clients }, () => toLines(clients))
      })
    })

const HEAD = [
  'CLIENT',
  'NAME',
  'REGISTERED',
  'APPROVED',
  'ENDS',
  'GRANTS',
  'USERS',
  'ANSWERS GO TO',
]

export function toLines(clients: readonly ClientEntry[]): string[] {
  return [...toTable([HEAD, ...clients.map(toRow)]), '', `${count(clients.length, 'client')}.`]
}

function toRow(client: ClientEntry): string[] {
  return [
    cell(client.client_id),
    cell(client.name),
    client.registered_at === null ? 'gateway.yaml' : minute(client.registered_at),
    client.approved ? 'yes' : 'no',
    client.ends_at === null ? 'never' : minute(client.ends_at),
    String(client.grants),
    few(client.users),
    few([...new Set(client.redirect_uris.map(toPlace))]),
  ]
}
