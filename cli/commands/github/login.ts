/** `gateway github login`: a token of the operator's own, by GitHub's device flow. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { GATEWAY_VARIABLES } from '../../../lib/catalogue/gateway.ts'
import { readEnvironment } from '../../../lib/platform/environment.ts'
import { writeWhole } from '../../../lib/platform/whole-file.ts'
import { CliError, EXIT_CODE } from '../../cli-error.ts'
import { type CommandMaker, type Context, stateDirectoryOf } from '../../context.ts'
import { runDeviceFlow } from '../../github/device-flow.ts'
import { escapeControls } from '../../log/terminal-line.ts'

interface LoginOptions {
  readonly clientId?: string
  readonly scope: string
}

const FILE = 'github-token'
const GITHUB = 'https://github.com'

const NOTES = `
It is for services that work with GitHub in the operator's name, e.g. a remote MCP server in gateway.yaml whose header is
"Authorization: Bearer \${secret.GITHUB_TOKEN}". Nobody logs in with it, and the gateway itself does not use it.
The app has to allow the device flow. The token stands in a file of the state directory that only this account reads; it
is taken back in the settings of your account at GitHub (Applications).
`

export const loginCommand: CommandMaker = (context) =>
  new Command('login')
    .description('Log in to GitHub in a browser anywhere; the token is kept in a file.')
    .option('--client-id <id>', 'of an app that allows the device flow; default: GITHUB_CLIENT_ID')
    .option('--scope <scopes>', 'what the token may do, separated by spaces', 'read:user')
    .addHelpText('after', NOTES)
    .action((options: LoginOptions) => logIn(context(), options))

async function logIn(context: Context, { clientId, scope }: LoginOptions): Promise<void> {
  const { output, environment } = context
  const { GITHUB_URL, GITHUB_CLIENT_ID } = GATEWAY_VARIABLES
  const values = readEnvironment({ GITHUB_URL, GITHUB_CLIENT_ID }, environment)
  const id = clientId ?? values.GITHUB_CLIENT_ID
  if (id === undefined) throw withoutClient()
  const granted = await runDeviceFlow({
    url: (values.GITHUB_URL ?? GITHUB).replace(/\/+$/, ''),
    clientId: id,
    scope,
    show: ({ url, code }) => {
      output.note(`Open ${escapeControls(url)} and enter ${escapeControls(code)}`)
    },
  })
  const path = keep(context, granted.token)
  output.result({ path, scope: granted.scope }, () => [
    `The token is in ${path}, for this account alone.`,
    `→ GITHUB_TOKEN_FILE=${path} gives it to services that name \${secret.GITHUB_TOKEN}`,
  ])
}

function keep(context: Context, token: string): string {
  const folder = stateDirectoryOf(context)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, FILE)
  writeWhole(path, `${token}\n`)
  return path
}

function withoutClient(): CliError {
  return new CliError('There is no app to ask with.', {
    exitCode: EXIT_CODE.usage,
    nextStep: 'set GITHUB_CLIENT_ID, or give --client-id',
  })
}
