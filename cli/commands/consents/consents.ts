/** `gateway consents`: what people have approved once, and are not asked again. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { listCommand } from './list.ts'
import { revokeCommand } from './revoke.ts'

const EXAMPLES = `
Examples:
  $ gateway consents list --user github:583231
  $ gateway consents revoke --user github:583231 --client https://app.example/client.json
`

export const consentsCommand: CommandMaker = (context) =>
  new Command('consents')
    .description('List remembered approvals, and forget them.')
    .addCommand(listCommand(context))
    .addCommand(revokeCommand(context))
    .addHelpText('after', EXAMPLES)
