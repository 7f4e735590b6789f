/** `gateway config`: whether it holds, what is in force, and what there is to be written. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { checkCommand } from './check.ts'
import { schemaCommand } from './schema.ts'
import { showCommand } from './show.ts'

export const configCommand: CommandMaker = (context) =>
  new Command('config')
    .description('Check the configuration, or show what it says and who says so.')
    .addCommand(checkCommand(context))
    .addCommand(showCommand(context))
    .addCommand(schemaCommand(context))
