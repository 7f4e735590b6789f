/** `gateway whoami`: as whom, and with what, this command line is let in at an MCP server. */

import { Command } from 'commander'
import type { CommandMaker } from '../context.ts'
import { escapeControls } from '../log/terminal-line.ts'
import { describeLogin, type Identity } from '../mcp/oauth/identity.ts'
import { withSession } from '../mcp/session/open-session.ts'
import { openLoginStore } from '../mcp/store/login-store.ts'
import { resolveTarget, TARGET_WORDS } from '../mcp/target.ts'
import { toTable } from '../output.ts'

interface Server {
  readonly name: string | null
  readonly version: string | null
  readonly protocol: string | null
}

export const whoamiCommand: CommandMaker = (context) =>
  new Command('whoami')
    .description('Show as whom you are logged in at an MCP server, and that it lets you in.')
    .argument('<url>', TARGET_WORDS)
    .addHelpText('after', '\n  $ gateway whoami echo\n')
    .action(async (given: string) => {
      const { environment, output, clock } = context()
      const url = await resolveTarget(context(), given)
      const server = await withSession(context(), url, async ({ client }): Promise<Server> => {
        const { name = null, version = null } = client.getServerVersion() ?? {}
        return { name, version, protocol: client.getNegotiatedProtocolVersion() ?? null }
      })
      // After the session: it may have renewed the login.
      const login = openLoginStore(environment, url).read()
      const identity = login?.tokens && (await describeLogin(login, login.tokens))
      output.result({ url, server, login: identity ?? null }, () => [
        escapeControls(
          `${server.name ?? 'A server'} ${server.version ?? ''} lets you in (MCP ${server.protocol}).`,
        ),
        ...(identity === undefined ? ['It asks for no login.'] : identityLines(identity, clock())),
      ])
    })

function identityLines(identity: Identity, now: number): string[] {
  const { subject, name, issuer, client_id, scope, expires_at, renews_itself } = identity
  const minutes =
    expires_at === null ? null : Math.max(0, Math.round((expires_at - now / 1000) / 60))
  const rows: [string, string | null][] = [
    ['you are', [name, subject && `(${subject})`].filter(Boolean).join(' ') || null],
    ['told by', issuer],
    ['client', client_id],
    ['scope', scope],
    ['token', minutes === null ? null : `for another ${minutes} min`],
    ['renews itself', renews_itself ? 'yes' : 'no'],
  ]
  return toTable(rows.map(([label, value]) => [label, escapeControls(value ?? 'not told')]))
}
