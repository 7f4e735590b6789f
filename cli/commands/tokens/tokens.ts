/** `gateway tokens`: what tokens are, ending them, and making one for a script. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { listCommand } from './list.ts'
import { mintCommand } from './mint.ts'
import { revokeCommand } from './revoke.ts'
import { showCommand } from './show.ts'

const EXAMPLES = `
Examples:
  $ gateway tokens list --personal
  $ gateway tokens mint --user github:583231 --service memory --lifetime 7d --label 'nightly job' > token
  $ gateway tokens show - < token
  $ gateway tokens revoke - < token
`

export const tokensCommand: CommandMaker = (context) =>
  new Command('tokens')
    .description('Show and revoke tokens, and make one for a script.')
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(mintCommand(context))
    .addCommand(revokeCommand(context))
    .addHelpText('after', EXAMPLES)
