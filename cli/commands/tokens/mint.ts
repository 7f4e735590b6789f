/** `gateway tokens mint`: one access token for a script, shown once. */

import { Command, InvalidArgumentError } from 'commander'
import type { MintedToken } from '../../../lib/oauth/administration.ts'
import { cell } from '../../administration/cells.ts'
import { parseAge } from '../../administration/filters.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'

interface MintOptions {
  readonly user: string
  readonly service: string
  readonly scope: string[]
  readonly lifetime: number
  readonly label: string
}

const NOTES = `
The token is the only thing on standard output, and is kept nowhere. It acts in the person's name, who sees it on the
account page and can end it. It lives for PERSONAL_TOKEN_LIFETIME at most (30 days), cannot be refreshed, and ends with
whatever ends the person.

  $ gateway tokens mint --user github:583231 --service memory --lifetime 12h > token
`

export const mintCommand: CommandMaker = (context) =>
  new Command('mint')
    .description('Make an access token for a script; it is shown once.')
    .requiredOption('--user <sub>', 'in whose name; they have logged in here before')
    .requiredOption('--service <name>', 'the one service it is for')
    .requiredOption(
      '--lifetime <age>',
      'for how long, e.g. 12h or 7d; a minute at least',
      parseLifetime,
    )
    .option('--scope <scope...>', 'beside the base scope', [])
    .option('--label <words>', 'what it is for, as lists show it', '')
    .addHelpText('after', NOTES)
    .action(async ({ user, service, scope, lifetime, label }: MintOptions) => {
      const { output } = context()
      await withAdministration(context(), async (administration) => {
        const minted = await administration.ask<MintedToken>('tokens/mint', {
          user,
          service,
          scopes: scope,
          lifetime: Math.round(lifetime / 1000),
          label,
        })
        output.result(minted, () => [minted.access_token])
        if (!output.json) for (const line of toNotes(minted)) output.note(line)
      })
    })

const LIFETIME_MIN_MS = 60_000

function parseLifetime(text: string): number {
  const lifetime = parseAge(text)
  if (lifetime >= LIFETIME_MIN_MS) return lifetime
  throw new InvalidArgumentError('It must be a minute at least, e.g. 12h.')
}

function toNotes({ user, url, scopes, expires_at, grant_id }: MintedToken): string[] {
  return [
    `For ${cell(user)} at ${url} (${scopes.join(' ')}) until ${expires_at}. It is not shown again.`,
    `→ gateway grants revoke ${grant_id} ends it`,
  ]
}
