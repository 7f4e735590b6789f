/** `gateway clients delete`. */

import { Command } from 'commander'
import { type EndOptions, endEach, requireSelection } from '../../administration/end-each.ts'
import { withAdministration } from '../../administration/with-administration.ts'
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
      requireSelection(given, isFiltered(options), CHOICE)
      await withAdministration(context(), async (administration) => {
        const look = async (): Promise<string[]> =>
          (await selectClients(administration, options, context().clock()))
            .filter(({ kind }) => kind === 'registered')
            .map(({ client_id }) => client_id)
        const which =
          given.length > 0
            ? { ids: given, areNamed: true, look }
            : { ids: await look(), areNamed: false }
        const words = { noun: 'client', verb: 'delete', done: 'deleted' }
        const ending = { name: 'clients/delete', ...which, ...words }
        await endEach(context(), administration, ending, options)
      })
    })

const CHOICE = {
  words: 'Name clients, or describe them by --name, --user, --service, --older-than.',
  nextStep: "gateway clients delete --name 'TEST *' --dry-run",
}
