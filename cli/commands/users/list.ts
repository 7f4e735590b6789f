/** `gateway users list`. */

import { Command } from 'commander'
import type { UserEntry } from '../../../lib/oauth/administration.ts'
import { listAll } from '../../administration/administration.ts'
import { cell, count, few, minute } from '../../administration/cells.ts'
import { isOlder, isOneOf, matchesPattern, parseAge } from '../../administration/filters.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { toTable } from '../../output.ts'

interface UserFilter {
  readonly name?: string
  readonly client?: string
  readonly service?: string
  readonly unseenFor?: number
  readonly disabled?: true
}

export const listCommand: CommandMaker = (context) =>
  new Command('list')
    .description('List everybody who has logged in, the latest first, and who is disabled.')
    .option(
      '--name <pattern>',
      "only with such an id, name, login or address, e.g. '*@example.com'",
    )
    .option('--client <id>', 'only who has granted something to this client')
    .option('--service <name>', 'only whose clients may use this service')
    .option('--unseen-for <age>', 'only who has not logged in for so long', parseAge)
    .option('--disabled', 'only who is disabled')
    .action(async (filter: UserFilter) => {
      const { output, clock } = context()
      await withAdministration(context(), async (administration) => {
        const all = await listAll<UserEntry>(administration, 'users/list', {}, ({ user }) => user)
        const users = all
          .filter((user) => isMeant(user, filter, clock()))
          .sort((left, right) => timeOf(right) - timeOf(left))
        output.result({ users }, () => toLines(users))
      })
    })

export function isMeant(entry: UserEntry, filter: UserFilter, now: number): boolean {
  const { user, name, login, emails, clients, services, last_login_at, disabled } = entry
  return (
    [user, name, login, ...emails].some((one) => matchesPattern(filter.name, one)) &&
    isOneOf(filter.client, clients) &&
    isOneOf(filter.service, services) &&
    isOlder(last_login_at, filter.unseenFor, now) &&
    (filter.disabled !== true || disabled !== null)
  )
}

function timeOf({ last_login_at }: UserEntry): number {
  return last_login_at === null ? 0 : Date.parse(last_login_at)
}

const HEAD = ['USER', 'NAME', 'ADDRESS', 'LAST LOGIN', 'STATE', 'GRANTS', 'SERVICES']

function toLines(users: readonly UserEntry[]): string[] {
  const rows = users.map((entry) => [
    cell(entry.user),
    cell(entry.name),
    cell(entry.emails[0]),
    minute(entry.last_login_at),
    entry.disabled === null ? '-' : 'disabled',
    String(entry.grants),
    few(entry.services),
  ])
  return [...toTable([HEAD, ...rows]), '', `${count(users.length, 'person', 'people')}.`]
}
