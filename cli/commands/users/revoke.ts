/** `gateway users revoke`. */

import { Command } from 'commander'
import {
  endUser,
  FORGET_SECRETS_OPTION,
  type UserEndingOptions,
} from '../../administration/end-user.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { confirm, YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'

export const revokeCommand: CommandMaker = (context) =>
  new Command('revoke')
    .description('End everything of a person now; they may log in again.')
    .argument('<user>', 'e.g. github:583231, as gateway users list shows it')
    .option(...FORGET_SECRETS_OPTION)
    .option(...YES_OPTION)
    .action(async (user: string, { yes, forgetSecrets }: UserEndingOptions) => {
      await confirm(context(), yes, `End everything of ${user}?`, `gateway users show ${user}`)
      await withAdministration(context(), (administration) =>
        endUser(context(), administration, { user, verb: 'revoke', forgetSecrets }),
      )
    })
