/** `gateway users disable`. */

import { Command } from 'commander'
import { endUser } from '../../administration/end-user.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { confirm, YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'

export const disableCommand: CommandMaker = (context) =>
  new Command('disable')
    .description('End everything of a person now, and refuse every login from here on.')
    .argument('<user>', 'e.g. github:583231, as gateway users list shows it')
    .option(...YES_OPTION)
    .action(async (user: string, { yes }: { readonly yes?: true }) => {
      await confirm(context(), yes, `End everything of ${user}, and refuse their logins?`)
      await withAdministration(context(), (administration) =>
        endUser(context(), administration, { user, verb: 'disable' }),
      )
    })
