/** `gateway users`: who has been here, and offboarding. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { disableCommand } from './disable.ts'
import { enableCommand } from './enable.ts'
import { listCommand } from './list.ts'
import { revokeCommand } from './revoke.ts'
import { showCommand } from './show.ts'

const EXAMPLES = `
Examples:
  $ gateway users list --unseen-for 90d
  $ gateway users show github:583231
  $ gateway users disable github:583231    somebody leaves: all ends now, and no login is let in
  $ gateway users disable github:583231 --forget-secrets   and what they had entered for services is deleted
  $ gateway users revoke github:583231     all ends now; they may log in again
  $ gateway users enable github:583231
`

export const usersCommand: CommandMaker = (context) =>
  new Command('users')
    .description('List people, and end everything of one of them.')
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(revokeCommand(context))
    .addCommand(disableCommand(context))
    .addCommand(enableCommand(context))
    .addHelpText('after', EXAMPLES)
