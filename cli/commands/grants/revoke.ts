/** `gateway grants revoke`. */

import { Command } from 'commander'
import { type EndOptions, endEach, requireSelection } from '../../administration/end-each.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'
import { type GrantFilter, isFiltered, selectGrants, withFilters } from './select.ts'

export const revokeCommand: CommandMaker = (context) =>
  withFilters(
    new Command('revoke')
      .description(
        'End grants: their tokens are refused from then on, and the person is asked again.',
      )
      .argument('[grant...]', 'these, or those that the options describe'),
  )
    .option('--dry-run', 'only show what would end')
    .option(...YES_OPTION)
    .action(async (given: string[], options: GrantFilter & EndOptions) => {
      requireSelection(given, isFiltered(options), CHOICE)
      await withAdministration(context(), async (administration) => {
        const look = async (): Promise<string[]> =>
          (await selectGrants(administration, options, context().clock())).map(
            ({ grant_id }) => grant_id,
          )
        const which =
          given.length > 0
            ? { ids: given, areNamed: true, look }
            : { ids: await look(), areNamed: false }
        const words = { noun: 'grant', verb: 'revoke', done: 'revoked' }
        const ending = { name: 'grants/revoke', ...which, ...words }
        await endEach(context(), administration, ending, options)
      })
    })

const CHOICE = {
  words: 'Name grants, or describe them by --user, --client, --service and the like.',
  nextStep: 'gateway grants list',
}
