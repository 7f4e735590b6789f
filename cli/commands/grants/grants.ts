/** `gateway grants`: who has given which client access to what. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { listCommand } from './list.ts'
import { revokeCommand } from './revoke.ts'

const EXAMPLES = `
Examples:
  $ gateway grants list --user github:583231
  $ gateway grants list --service memory --unused-for 30d
  $ gateway grants revoke 1764400000000-pN2sYq0tY3m8mBvD1cPq0w
  $ gateway grants revoke --client 5yVZx0mRkV0c7bq0mQz7Pg --yes
`

export const grantsCommand: CommandMaker = (context) =>
  new Command('grants')
    .description('List what people have granted to clients, and end it.')
    .addCommand(listCommand(context))
    .addCommand(revokeCommand(context))
    .addHelpText('after', EXAMPLES)
