/** `gateway purge`: takes away what nobody needs any more. */

import { Command, Option } from 'commander'
import type { ClientEntry, Swept } from '../../lib/oauth/administration.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import { type Administration, listAll } from '../administration/administration.ts'
import { count } from '../administration/cells.ts'
import { endInParts, requireAllTried } from '../administration/end-each.ts'
import { isOlder, parseAge } from '../administration/filters.ts'
import { withAdministration } from '../administration/with-administration.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { confirm, YES_OPTION } from '../confirm.ts'
import type { CommandMaker, Context } from '../context.ts'
import { oldInstalls, removeInstalls } from '../embedded/packages/old-installs.ts'
import { toTable } from '../output.ts'
import { isNeedless } from './clients/reap.ts'

interface PurgeOptions {
  readonly expired?: true
  readonly unusedFor: number
  readonly auditOlderThan?: number
  readonly dryRun?: true
  readonly yes?: true
}

const IDLE = '30d'
/** Somebody may still be about to approve it. */
const UNAPPROVED_MS = 3_600_000

const NOTES = `
Records end by themselves. What goes here is what stays behind: entries of indexes that name what has ended, revocations
of what has died, audit beyond AUDIT_ENTRIES, registrations without any access, what a restore has left that was killed, and installs of packages that nothing here uses.

Examples:
  $ gateway purge --expired --dry-run
  $ gateway purge --expired --audit-older-than 90d --yes
`

export const purgeCommand: CommandMaker = (context) =>
  new Command('purge')
    .description('Take away what has expired and what nobody needs any more.')
    .option('--expired', 'what this is about; must be said')
    .addOption(
      new Option('--unused-for <age>', 'registrations and packages that old')
        .argParser(parseAge)
        .default(parseAge(IDLE), IDLE),
    )
    .option('--audit-older-than <age>', 'also audit entries that old', parseAge)
    .option('--dry-run', 'only count')
    .option(...YES_OPTION)
    .addHelpText('after', NOTES)
    .action(async (options: PurgeOptions) => {
      if (options.expired !== true) {
        throw new CliError('It must be said what goes: --expired.', {
          exitCode: EXIT_CODE.usage,
          nextStep: 'gateway purge --expired --dry-run',
        })
      }
      await withAdministration(context(), (administration) =>
        purge(context(), administration, options),
      )
    })

async function purge(
  context: Context,
  administration: Administration,
  options: PurgeOptions,
): Promise<void> {
  const now = context.clock()
  const { auditOlderThan: age } = options
  const input = age === undefined ? {} : { audit_before: toSeconds(now - age) }
  const { swept } = await administration.ask<Swept>('data/garbage', input)
  const clients = await idleClients(administration, options.unusedFor, now)
  const installs = oldInstalls(context, now - options.unusedFor)
  const found = { ...swept, registrations: clients.length, packages: installs.length }
  if (options.dryRun === true) return tell(context, found, { isDry: true })
  const sum = Object.values(found).reduce((total, one) => total + one, 0)
  if (sum > 0) await confirm(context, options.yes, `Take away ${count(sum, 'thing')}?`, '--dry-run')
  const done = await administration.ask<Swept>('data/purge', input)
  // Somebody may begin to use one of them before it is its turn.
  const wanted = { condition: 'unused', ids: clients }
  const told = await endInParts(administration, 'clients/delete', wanted)
  removeInstalls(installs)
  const registrations = told.ended.length
  tell(context, { ...done.swept, registrations, packages: installs.length }, { isDry: false })
  requireAllTried(told)
}

async function idleClients(
  administration: Administration,
  unusedFor: number,
  now: number,
): Promise<string[]> {
  const all = await listAll<ClientEntry>(administration, 'clients/list', {}, (one) => one.client_id)
  const idle = all.filter((client) => {
    const age = client.approved ? unusedFor : UNAPPROVED_MS
    return isNeedless(client, { withUnused: true }) && isOlder(client.registered_at, age, now)
  })
  return idle.map(({ client_id }) => client_id)
}

function tell(
  { output }: Context,
  counts: Readonly<Record<string, number>>,
  { isDry }: { readonly isDry: boolean },
): void {
  const rows = Object.entries(counts).map(([name, number]) => [name, String(number)])
  output.result({ dry_run: isDry, counts }, () =>
    toTable([['WHAT', isDry ? 'WOULD GO' : 'GONE'], ...rows]),
  )
}
