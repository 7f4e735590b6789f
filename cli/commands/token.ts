/** `gateway token`: prints a valid access token, for scripts. */

import { Command } from 'commander'
import type { CommandMaker } from '../context.ts'
import { explain } from '../mcp/oauth/explain.ts'
import { createTokenSource, needsLogin } from '../mcp/oauth/tokens.ts'
import { openLoginStore } from '../mcp/store/login-store.ts'
import { resolveTarget, TARGET_WORDS } from '../mcp/target.ts'

const NOTES = `
  $ TOKEN=$(gateway token URL)
  $ gateway token URL --header | curl -s URL -H @- …
                                         as a header: arguments are visible to everybody on the machine
`

export const tokenCommand: CommandMaker = (context) =>
  new Command('token')
    .description('Print a valid access token; it is refreshed first when it is about to end.')
    .argument('<url>', TARGET_WORDS)
    .option('--header', 'as an Authorization header')
    .addHelpText('after', NOTES)
    .action(async (given: string, { header = false }: { readonly header?: boolean }) => {
      const { environment, output, clock } = context()
      const url = await resolveTarget(context(), given)
      const store = openLoginStore(environment, url)
      const token = await currentToken(createTokenSource(store, clock), url)
      const tokens = store.read()?.tokens
      const ends = tokens?.expires_in && tokens.obtained_at + tokens.expires_in
      output.result({ url, access_token: token, expires_at: ends ?? null }, () => [
        header ? `Authorization: Bearer ${token}` : token,
      ])
    })

async function currentToken(
  source: ReturnType<typeof createTokenSource>,
  url: string,
): Promise<string> {
  try {
    const token = await source.current()
    if (token !== undefined) return token
  } catch (error) {
    throw explain(error, url) ?? error
  }
  throw needsLogin(url)
}
