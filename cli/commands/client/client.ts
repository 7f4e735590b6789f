/** `gateway client`: as what this command line is registered at an MCP server's authorization server. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { deleteCommand } from './delete.ts'
import { showCommand } from './show.ts'
import { updateCommand } from './update.ts'

export const clientCommand: CommandMaker = (context) =>
  new Command('client')
    .description('Show, change or delete your own registration as a client (RFC 7592).')
    .addCommand(showCommand(context))
    .addCommand(updateCommand(context))
    .addCommand(deleteCommand(context))
