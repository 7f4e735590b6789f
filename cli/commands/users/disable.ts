/** `gateway users disable`. */

import { Command } from 'commander'
import {
  endUser,
  FORGET_SECRETS_OPTION,
  type UserEndingOptions,
} from '../../administration/end-user.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { confirm, YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'

export const disableCommand: CommandMaker = (context) =>
  new Command('disable')
    .description('End everything of a person now, and refuse every login from here on.')
    .argument('<user>', 'e.g. github:583231, as gateway users list shows it')
    .option(...FORGET_SECRETS_OPTION)
    .option(...YES_OPTION)
    .action(async (user: string, { yes, forgetSecrets }: UserEndingOptions) => {
      await confirm(
        context(),
        yes,
        `End everything of ${user}, and refuse their logins?`,
        `gateway users show ${user}`,
      )
      await withAdministration(context(), (administration) =>
        endUser(context(), administration, { user, verb: 'disable', forgetSecrets }),
      )
    })
