/** `gateway tokens revoke`. */

import { Command } from 'commander'
import type { TokenDescription } from '../../../lib/oauth/administration.ts'
import { cell } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { requireToken } from './require-token.ts'

const NOTES = `
An access token ends alone; a refresh token ends with its grant, and with every access token that was bought under it.
Whose token is not at hand ends the grant: gateway grants revoke.
`

export const revokeCommand: CommandMaker = (context) =>
  new Command('revoke')
    .description('End one token.')
    .argument('[token]', '- reads it from standard input; otherwise GATEWAY_TOKEN')
    .addHelpText('after', NOTES)
    .action(async (given: string | undefined) => {
      const token = await requireToken(context(), given)
      await withAdministration(context(), async (administration) => {
        const ended = await administration.ask<TokenDescription>('tokens/revoke', { token })
        context().output.result(ended, () => [
          `The ${ended.kind} token of ${cell(ended.user)} for ${cell(ended.resource)} is revoked.`,
        ])
      })
    })
