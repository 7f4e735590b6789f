/** `gateway logout`: ends a login at the server, and forgets it here. */

import { Command } from 'commander'
import type { CommandMaker } from '../context.ts'
import { explain } from '../mcp/oauth/explain.ts'
import { deleteRegistration } from '../mcp/oauth/registration.ts'
import { revokeLogin } from '../mcp/oauth/revoke.ts'
import type { Login } from '../mcp/store/login.ts'
import { openLoginStore } from '../mcp/store/login-store.ts'
import { resolveTarget, TARGET_WORDS } from '../mcp/target.ts'

interface LogoutOptions {
  readonly forget?: boolean
  readonly local?: boolean
}

const NOTES = `
  $ gateway logout URL                   the registration stays, for the next login
  $ gateway logout URL --forget          that goes too, at the server and here
  $ gateway logout URL --local           only here, when the server is gone
`

export const logoutCommand: CommandMaker = (context) =>
  new Command('logout')
    .description('End a login at the server (its tokens are revoked) and forget it.')
    .argument('<url>', TARGET_WORDS)
    .option('--forget', 'delete the registration of the client as well')
    .option('--local', 'ask nothing of the server')
    .addHelpText('after', NOTES)
    .action(async (given: string, { forget = false, local = false }: LogoutOptions) => {
      const { environment, output } = context()
      const url = await resolveTarget(context(), given)
      const outcome = await openLoginStore(environment, url).exclusively(async (slot) => {
        const login = slot.read()
        if (login === undefined) return { was_logged_in: false, revoked: false, forgotten: false }
        const revoked = local ? false : await endAtServer(login, forget)
        if (forget) slot.remove()
        else slot.write(withoutTokens(login))
        return { was_logged_in: login.tokens !== undefined, revoked, forgotten: forget }
      })
      output.result({ url, ...outcome }, () => [
        toLine(url, outcome),
        ...(outcome.forgotten ? ['The registration is forgotten as well.'] : []),
      ])
    })

/** @returns whether tokens were revoked. */
async function endAtServer(login: Login, forget: boolean): Promise<boolean> {
  try {
    const revoked = await revokeLogin(login)
    // One that the server has forgotten already is as good as deleted.
    if (forget && login.client.registration_client_uri !== undefined) {
      await deleteRegistration(login)
    }
    return revoked
  } catch (error) {
    throw explain(error, login.url) ?? error
  }
}

function withoutTokens({ tokens: _, ...rest }: Login): Login {
  return rest
}

function toLine(
  url: string,
  { was_logged_in, revoked }: { readonly was_logged_in: boolean; readonly revoked: boolean },
): string {
  if (!was_logged_in) return `There was no login at ${url}.`
  if (revoked) return `Logged out of ${url}: its tokens are revoked.`
  return `The login at ${url} is forgotten here; its tokens live on at the server until they end.`
}
