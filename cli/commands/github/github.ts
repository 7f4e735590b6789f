/** `gateway github`: the operator's own account there. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { loginCommand } from './login.ts'

const EXAMPLES = `
Examples:
  $ gateway github login --scope 'read:org repo'
`

export const githubCommand: CommandMaker = (context) =>
  new Command('github')
    .description('Get a GitHub token of the operator’s own.')
    .addCommand(loginCommand(context))
    .addHelpText('after', EXAMPLES)
