/** `gateway services`: which there are, whether one works, and which are served. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { addCommand } from '../add.ts'
import { removeCommand } from '../remove.ts'
import { listCommand } from './list.ts'
import { disableCommand, enableCommand } from './switch.ts'
import { testCommand } from './test.ts'

export const servicesCommand: CommandMaker = (context) =>
  new Command('services')
    .description('List the services, switch them on and off, add, remove, or test one.')
    .addCommand(listCommand(context), { isDefault: true })
    .addCommand(enableCommand(context))
    .addCommand(disableCommand(context))
    .addCommand(addCommand(context))
    .addCommand(removeCommand(context))
    .addCommand(testCommand(context))
