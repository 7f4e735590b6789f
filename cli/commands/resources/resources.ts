/** `gateway resources`: what an MCP server has to read. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { listCommand } from './list.ts'
import { readCommand } from './read.ts'

export const resourcesCommand: CommandMaker = (context) =>
  new Command('resources')
    .description('Show and read the resources of an MCP server.')
    .addCommand(listCommand(context))
    .addCommand(readCommand(context))
