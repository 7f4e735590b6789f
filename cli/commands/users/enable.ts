/** `gateway users enable`. */

import { Command } from 'commander'
import { cell } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { CliError } from '../../cli-error.ts'
import type { CommandMaker } from '../../context.ts'

export const enableCommand: CommandMaker = (context) =>
  new Command('enable')
    .description('Let somebody log in again, as far as the access rules let them.')
    .argument('<user>', 'e.g. github:583231')
    .action(async (user: string) => {
      await withAdministration(context(), async (administration) => {
        const told = await administration.ask<{ readonly enabled: boolean }>('users/enable', {
          user,
        })
        if (!told.enabled) {
          throw new CliError(`${user} was not disabled.`, {
            nextStep: 'gateway users list --disabled',
          })
        }
        context().output.result({ user, ...told }, () => [`${cell(user)} may log in again.`])
      })
    })
