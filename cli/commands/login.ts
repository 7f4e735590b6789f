/** `gateway login`: logs in at an MCP server, any, and keeps the login for the other commands. */

import { Command, InvalidArgumentError, Option } from 'commander'
import { optional, readEnvironment, secret } from '../../lib/platform/environment.ts'
import type { CommandMaker, Context } from '../context.ts'
import { escapeControls } from '../log/terminal-line.ts'
import { explain } from '../mcp/oauth/explain.ts'
import { type LoginWay, logIn } from '../mcp/oauth/log-in.ts'
import { loginHost } from '../mcp/oauth/login-host.ts'
import { openTerminal } from '../mcp/session/terminal.ts'
import type { Login } from '../mcp/store/login.ts'
import { openLoginStore } from '../mcp/store/login-store.ts'
import { resolveTarget, TARGET_WORDS } from '../mcp/target.ts'

interface LoginOptions {
  readonly device?: boolean
  readonly paste?: boolean
  readonly browser: boolean
  readonly scope?: string
  readonly clientId?: string
  readonly clientDocument?: string
  readonly callbackPort?: number
  readonly register?: boolean
}

const VARIABLES = {
  /** Of the client that --client-id names. */
  MCP_CLIENT_SECRET: optional(secret, undefined),
}

const NOTES = `
  $ gateway login https://mcp.example.com/mcp
  $ gateway login echo                   a service of this gateway
  $ gateway login URL --device           no browser on this machine
  $ gateway login URL --paste            the same, at servers without a device flow
  $ MCP_CLIENT_SECRET=… gateway login URL --client-id ID --callback-port 8765
                                         at servers where clients are registered by hand

The secret of a client never is an argument: MCP_CLIENT_SECRET, or the file that MCP_CLIENT_SECRET_FILE
names. Logins are kept in files of yours alone, under XDG_STATE_HOME (docs/client.md).
`

export const loginCommand: CommandMaker = (context) =>
  new Command('login')
    .description('Log in at an MCP server; the login renews itself.')
    .argument('<url>', TARGET_WORDS)
    .option('--device', 'show a code that is approved in any browser')
    .addOption(
      new Option('--paste', 'paste the address that a browser elsewhere ends at').conflicts(
        'device',
      ),
    )
    .option('--no-browser', 'show the address and open nothing')
    .option('--scope <scopes>', 'instead of what the server asks for')
    .option('--client-id <id>', 'of a client that is known there')
    .addOption(
      new Option('--client-document <url>', 'of a client id metadata document').conflicts(
        'clientId',
      ),
    )
    .option(
      '--callback-port <port>',
      'where the answer comes, if the client is bound to it',
      toPort,
    )
    .option('--register', 'register anew, though there is a registration')
    .addHelpText('after', NOTES)
    .action(async (given: string, options: LoginOptions) => {
      const url = await resolveTarget(context(), given)
      const login = await runLogin(context(), url, options)
      context().output.result(login === undefined ? { url, login: 'none' } : toResult(login), () =>
        login === undefined ? [`${url} needs no login.`] : resultLines(login),
      )
    })

async function runLogin(
  context: Context,
  url: string,
  options: LoginOptions,
): Promise<Login | undefined> {
  const terminal = openTerminal(context)
  try {
    const store = openLoginStore(context.environment, url)
    const { scope, callbackPort, clientId, clientDocument } = options
    const { MCP_CLIENT_SECRET: clientSecret } = readEnvironment(VARIABLES, context.environment)
    return await logIn(loginHost(context, terminal), store, url, {
      way: wayOf(options),
      quietly: !options.browser,
      anew: options.register === true,
      client: {
        ...(clientId !== undefined && { id: clientId }),
        ...(clientSecret !== undefined && { secret: clientSecret.reveal() }),
        ...(clientDocument !== undefined && { documentUrl: clientDocument }),
      },
      ...(scope !== undefined && { scope }),
      ...(callbackPort !== undefined && { callbackPort }),
    })
  } catch (error) {
    throw explain(error, url) ?? error
  } finally {
    terminal.close()
  }
}

function wayOf({ device, paste }: LoginOptions): LoginWay {
  if (device === true) return 'device'
  return paste === true ? 'paste' : 'browser'
}

/** Nothing of it opens anything. */
function toResult({ url, server, client, tokens }: Login): object {
  return {
    url,
    issuer: server.issuer,
    client_id: client.client_id,
    scope: tokens?.scope ?? null,
    expires_in: tokens?.expires_in ?? null,
    renews_itself: tokens?.refresh_token !== undefined,
  }
}

function resultLines({ url, server, tokens }: Login): string[] {
  const scope = tokens?.scope === undefined ? '' : ` (${tokens.scope})`
  const lasting =
    tokens?.refresh_token === undefined
      ? 'It does not renew itself: log in again when it ends.'
      : 'It renews itself.'
  return [escapeControls(`Logged in at ${url} through ${server.issuer}${scope}. ${lasting}`)]
}

const PORT_MAX = 65_535

function toPort(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port <= PORT_MAX) return port
  throw new InvalidArgumentError('It must be a port.')
}
