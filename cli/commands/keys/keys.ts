/** `gateway keys`: what tokens are signed with. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { listCommand } from './list.ts'
import { rotateCommand } from './rotate.ts'

const EXAMPLES = `
Examples:
  $ gateway keys list
  $ gateway keys rotate
`

export const keysCommand: CommandMaker = (context) =>
  new Command('keys')
    .description('List the signing keys, and replace the one that signs.')
    .addCommand(listCommand(context))
    .addCommand(rotateCommand(context))
    .addHelpText('after', EXAMPLES)
