/** `gateway grants revoke`. */

import { Command } from 'commander'
import { type EndOptions, endEach } from '../../administration/end-each.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { CliError, EXIT_CODE } from '../../cli-error.ts'
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
      requireOne(given, options)
      await withAdministration(context(), async (administration) => {
        const ids =
          given.length > 0
            ? given
            : (await selectGrants(administration, options, context().clock())).map(
                ({ grant_id }) => grant_id,
              )
        const words = { noun: 'grant', verb: 'revoke', done: 'revoked' }
        const ending = { name: 'grants/revoke', ids, areNamed: given.length > 0, ...words }
        await endEach(context(), administration, ending, options)
      })
    })

/** Nothing said must not mean everything. */
function requireOne(given: readonly string[], options: GrantFilter): void {
  if (given.length > 0 !== isFiltered(options)) return
  throw new CliError('Name grants, or describe them by --user, --client, --service and the like.', {
    exitCode: EXIT_CODE.usage,
    nextStep: 'gateway grants list',
  })
}
