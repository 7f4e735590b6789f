/** `gateway clients reap`: registrations that nobody needs. */

import { Command, Option } from 'commander'
import type { ClientEntry } from '../../../lib/oauth/administration.ts'
import { type EndOptions, endEach } from '../../administration/end-each.ts'
import { parseAge } from '../../administration/filters.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'
import { selectClients } from './select.ts'

interface ReapOptions extends EndOptions {
  readonly olderThan: number
  readonly unused?: true
}

/** Somebody may still be about to approve it. */
const YOUNG = '1h'

const NOTES = `
They go by themselves as well: what nobody approves after a day, the others when they were not used for CLIENT_LIFETIME.
A client that was deleted registers anew, if it can; people log in again with it.
`

export const reapCommand: CommandMaker = (context) =>
  new Command('reap')
    .description('Delete registrations that nobody has ever approved.')
    .addOption(
      new Option('--older-than <age>', 'only older ones')
        .argParser(parseAge)
        .default(parseAge(YOUNG), YOUNG),
    )
    .option('--unused', 'also approved ones that have no access to anything now')
    .option('--dry-run', 'only show what would be deleted')
    .option(...YES_OPTION)
    .addHelpText('after', NOTES)
    .action(async (options: ReapOptions) => {
      const { olderThan } = options
      await withAdministration(context(), async (administration) => {
        const old = await selectClients(administration, { olderThan }, context().clock())
        const ids = old
          .filter((client) => isNeedless(client, { withUnused: options.unused === true }))
          .map(({ client_id }) => client_id)
        const words = { noun: 'client', verb: 'delete', done: 'deleted' }
        // Somebody may begin to use one of them before it is its turn.
        const input = { condition: options.unused === true ? 'unused' : 'unapproved' }
        const ending = { name: 'clients/delete', ids, input, areNamed: false, ...words }
        await endEach(context(), administration, ending, options)
      })
    })

/** @param withUnused also approved ones that have no access to anything now. */
export function isNeedless(
  { kind, approved, grants }: Pick<ClientEntry, 'kind' | 'approved' | 'grants'>,
  { withUnused }: { readonly withUnused: boolean },
): boolean {
  return kind === 'registered' && grants === 0 && (withUnused || !approved)
}
