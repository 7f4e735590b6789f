/** `gateway clients`: who has registered here. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { deleteCommand } from './delete.ts'
import { listCommand } from './list.ts'
import { reapCommand } from './reap.ts'
import { showCommand } from './show.ts'

const EXAMPLES = `
Examples:
  $ gateway clients list --older-than 30d
  $ gateway clients list --user github:583231
  $ gateway clients show 5yVZx0mRkV0c7bq0mQz7Pg
  $ gateway clients delete --name 'TEST *' --dry-run
  $ gateway clients reap --yes             what nobody has approved within an hour
`

export const clientsCommand: CommandMaker = (context) =>
  new Command('clients')
    .description('List registered clients, and delete them with everything granted to them.')
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(deleteCommand(context))
    .addCommand(reapCommand(context))
    .addHelpText('after', EXAMPLES)
