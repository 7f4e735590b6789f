/** `gateway tokens list`: under which grants tokens are alive. */

import { Command } from 'commander'
import type { GrantEntry } from '../../../lib/oauth/administration.ts'
import { PERSONAL_CLIENT_ID } from '../../../lib/oauth/client-id.ts'
import { cell, count, minute } from '../../administration/cells.ts'
import { withAdministration } from '../../administration/with-administration.ts'
import type { CommandMaker } from '../../context.ts'
import { toTable } from '../../output.ts'
import { type GrantFilter, selectGrants, withFilters } from '../grants/select.ts'

const NOTES = `
Access tokens are signed and not kept, so that there is no list of them. Each belongs to a grant: this lists the grants
under which one may be alive, with the latest end of any. End them with gateway grants revoke, or one alone with
gateway tokens revoke. A personal token is the only one of its grant.
`

interface ListOptions extends GrantFilter {
  readonly personal?: true
}

export const listCommand: CommandMaker = (context) =>
  withFilters(new Command('list').description('List grants under which tokens are alive.'))
    .option('--personal', 'only tokens that gateway tokens mint has made')
    .addHelpText('after', NOTES)
    .action(async ({ personal, ...filter }: ListOptions) => {
      const { output, clock } = context()
      await withAdministration(context(), async (administration) => {
        const now = clock()
        const tokens = (await selectGrants(administration, filter, now))
          .filter((grant) => isAlive(grant, now) && (personal !== true || isPersonal(grant)))
          .map((grant) => ({ kind: isPersonal(grant) ? 'personal' : 'access', ...grant }))
        output.result({ tokens }, () => toLines(tokens))
      })
    })

function isPersonal({ client_id }: GrantEntry): boolean {
  return client_id === PERSONAL_CLIENT_ID
}

function isAlive({ tokens_until }: GrantEntry, now: number): boolean {
  return tokens_until !== null && Date.parse(tokens_until) > now
}

const HEAD = ['KIND', 'USER', 'CLIENT', 'SERVICE', 'LAST MADE', 'ALIVE UNTIL', 'GRANT']

function toLines(tokens: readonly (GrantEntry & { readonly kind: string })[]): string[] {
  const rows = tokens.map((token) => [
    token.kind,
    cell(token.user),
    cell(token.label ?? token.client_id),
    cell(token.service),
    minute(token.used_at),
    minute(token.tokens_until),
    token.grant_id,
  ])
  return [...toTable([HEAD, ...rows]), '', `${count(tokens.length, 'grant')} with live tokens.`]
}
