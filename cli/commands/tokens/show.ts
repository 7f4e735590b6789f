/** `gateway tokens show`. */

import { Command } from 'commander'
import type { TokenDescription } from '../../../lib/oauth/administration.ts'
import { cell, facts, minute } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import { CliError } from '../../cli-error.ts'
import type { CommandMaker } from '../../context.ts'
import { requireToken } from './require-token.ts'

const NOTES = `
Exit codes: 0 it counts, 1 it does not, 2 wrong usage, 3 no gateway is running. gateway explain says what the edge
would do with it at an address.
`

export const showCommand: CommandMaker = (context) =>
  new Command('show')
    .description('Say whose a token is, and whether it counts.')
    .argument('[token]', '- reads it from standard input; otherwise GATEWAY_TOKEN')
    .addHelpText('after', NOTES)
    .action(async (given: string | undefined) => {
      const token = await requireToken(context(), given)
      await withAdministration(context(), async (administration) => {
        const described = await administration.ask<TokenDescription>('tokens/show', { token })
        context().output.result(described, () => toLines(described))
        if (!described.active) throw new CliError(`It does not count: ${described.reason}.`)
      })
    })

function toLines(token: TokenDescription): string[] {
  if (token.user === null) return []
  return facts([
    ['kind', `${token.kind} token`],
    ['user', cell(token.user)],
    ['client', cell(token.client_id)],
    ['for', cell(token.resource)],
    ['scopes', token.scopes.map(cell).join(' ')],
    ['issued', minute(token.issued_at)],
    ['expires', minute(token.expires_at)],
    ['grant', cell(token.grant_id)],
    ...(token.token_id === null ? [] : [['token id', token.token_id] as const]),
  ])
}
