/** `gateway prompts`: what an MCP server has to begin a conversation with. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { getCommand } from './get.ts'
import { listCommand } from './list.ts'

export const promptsCommand: CommandMaker = (context) =>
  new Command('prompts')
    .description('Show the prompts of an MCP server, and what they become.')
    .addCommand(listCommand(context))
    .addCommand(getCommand(context))
