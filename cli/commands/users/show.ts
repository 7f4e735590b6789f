/** `gateway users show`. */

import { Command } from 'commander'
import type { ConsentEntry, GrantEntry, UserEntry } from '../../../lib/oauth/administration.ts'
import { listAll } from '../../administration/administration.ts'
import { cell, count, facts, minute } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { toLines as grantLines } from '../grants/list.ts'

export const showCommand: CommandMaker = (context) =>
  new Command('show')
    .description('Show one person, and what has access in their name.')
    .argument('<user>', 'e.g. github:583231')
    .action(async (user: string) => {
      await withAdministration(context(), async (administration) => {
        const entry = await administration.ask<UserEntry>('users/show', { user })
        const list = <Entry>(name: string, keyOf: (one: Entry) => string) =>
          listAll<Entry>(administration, name, { user }, keyOf)
        const granted = await list<GrantEntry>('grants/list', ({ grant_id }) => grant_id)
        const consents = await list<ConsentEntry>('consents/list', (one) => JSON.stringify(one))
        context().output.result({ ...entry, granted, consents }, () => [
          ...toLines(entry, consents),
          '',
          ...grantLines(granted),
        ])
      })
    })

function toLines(entry: UserEntry, consents: readonly ConsentEntry[]): string[] {
  const { disabled } = entry
  return facts([
    ['user', cell(entry.user)],
    ['name', cell(entry.name)],
    ['login', cell(entry.login)],
    ['addresses', entry.emails.map(cell).join(' ') || '-'],
    ['last login', minute(entry.last_login_at)],
    ['disabled', disabled === null ? 'no' : `${minute(disabled.at)} by ${cell(disabled.by)}`],
    ['remembered', count(consents.length, 'approval')],
  ])
}
