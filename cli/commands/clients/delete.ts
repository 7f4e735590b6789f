/** `gateway clients delete`. */

import { Command } from 'commander'
import { type EndOptions, endEach } from '../../administration/end-each.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { CliError, EXIT_CODE } from '../../cli-error.ts'
import { YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'
import { type ClientFilter, isFiltered, selectClients, withFilters } from './select.ts'

export const deleteCommand: CommandMaker = (context) =>
  withFilters(
    new Command('delete')
      .description('Delete clients; every token of theirs is refused from then on.')
      .argument('[client-id...]', 'these, or those that the options describe'),
  )
    .option('--dry-run', 'only show what would be deleted')
    .option(...YES_OPTION)
    .action(async (given: string[], options: ClientFilter & EndOptions) => {
      requireOne(given, options)
      await withAdministration(context(), async (administration) => {
        const ids =
          given.length > 0
            ? given
            : (await selectClients(administration, options, context().clock()))
                .filter(({ kind }) => kind === 'registered')
                .map(({ client_id }) => client_id)
        const words = { noun: 'client', verb: 'delete', done: 'deleted' }
        const ending = { name: 'clients/delete', ids, areNamed: given.length > 0, ...words }
        await endEach(context(), administration, ending, options)
      })
    })

/** Nothing said must not mean everything. */
function requireOne(given: readonly string[], options: ClientFilter): void {
  if (given.length > 0 !== isFiltered(options)) return
  throw new CliError('Name clients, or describe them by --name, --user, --service, --older-than.', {
    exitCode: EXIT_CODE.usage,
    nextStep: "gateway clients delete --name 'TEST *' --dry-run",
  })
}
