/** `gateway consents revoke`. */

import { Command } from 'commander'
import { count } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { CliError } from '../../cli-error.ts'
import { confirm, YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'

interface RevokeOptions {
  readonly user: string
  readonly client?: string
  readonly yes?: true
}

const NOTES = `
What was granted goes on, and the person is asked the next time. gateway grants revoke ends what was granted.
`

export const revokeCommand: CommandMaker = (context) =>
  new Command('revoke')
    .description('Forget what a person has approved.')
    .requiredOption('--user <sub>', 'of this person')
    .option('--client <id>', 'for this client; without it for all')
    .option(...YES_OPTION)
    .addHelpText('after', NOTES)
    .action(async ({ user, client, yes }: RevokeOptions) => {
      await confirm(
        context(),
        yes,
        `Forget what ${user} has approved?`,
        `gateway consents list --user ${user}`,
      )
      await withAdministration(context(), async (administration) => {
        const told = await administration.ask<{ readonly forgotten: number }>('consents/revoke', {
          user,
          client,
        })
        if (told.forgotten === 0) {
          const whose = client === undefined ? '' : ` for ${client}`
          throw new CliError(`Nothing that ${user} has approved${whose} is remembered.`, {
            nextStep: `gateway consents list --user ${user}`,
          })
        }
        context().output.result({ user, ...told }, () => [
          `${count(told.forgotten, 'approval')} forgotten: ${user} is asked the next time.`,
        ])
      })
    })
