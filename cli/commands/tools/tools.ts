/** `gateway tools`: the tools of an MCP server. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { listCommand } from './list.ts'

export const toolsCommand: CommandMaker = (context) =>
  new Command('tools')
    .description('Show what an MCP server can do; `call` does it.')
    .addCommand(listCommand(context))
