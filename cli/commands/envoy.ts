/** `gateway envoy`: where its administration can be looked at, and what its pages say. */

import { Argument, Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { requireRunning } from '../instance/find-running.ts'
import { openBrowser } from '../mcp/oauth/open-browser.ts'
import type { Output } from '../output.ts'
import { adminUrl } from '../start/client-lines.ts'
import { readConfigurationAgain } from '../start/configuration.ts'

/** Those that a person asks for, by what they are called here. Envoy serves them for reading alone. */
const PAGES = {
  clusters: { path: '/clusters', hasJson: true },
  listeners: { path: '/listeners', hasJson: true },
  stats: { path: '/stats', hasJson: true },
  certs: { path: '/certs', hasJson: false },
  config: { path: '/config_dump', hasJson: false },
  server: { path: '/server_info', hasJson: false },
  memory: { path: '/memory', hasJson: false },
} as const

type Page = keyof typeof PAGES

const NOTES = `
Without a page: where it is in a browser on this machine. Only reading is possible there.

  $ gateway envoy --open
  $ gateway envoy clusters                         who is behind it, and is well
  $ gateway envoy stats --filter 'ext_authz|http.*rq'
  $ gateway envoy certs --json
`

interface EnvoyOptions {
  readonly open?: true
  readonly filter?: string
}

export const envoyCommand: CommandMaker = (context) =>
  new Command('envoy')
    .description('Print where Envoy’s administration is, or one of its pages.')
    .addArgument(new Argument('[page]', 'what it says').choices(Object.keys(PAGES)))
    .option('--open', 'in the browser of this machine')
    .option('--filter <regex>', 'of stats: only names that match')
    .addHelpText('after', NOTES)
    .action((page: Page | undefined, options: EnvoyOptions) => envoy(context(), page, options))

async function envoy(
  context: Context,
  page: Page | undefined,
  { open, filter }: EnvoyOptions,
): Promise<void> {
  const { output, environment } = context
  if (filter !== undefined && page !== 'stats') {
    throw new CliError('--filter is for the page stats alone.', {
      exitCode: EXIT_CODE.usage,
      nextStep: 'gateway envoy stats --filter REGEX',
    })
  }
  const url = new URL(page === undefined ? '/' : PAGES[page].path, await findAdmin(context))
  if (filter !== undefined) url.searchParams.set('filter', filter)
  if (open) openBrowser(url, environment)
  if (page === undefined || open) {
    const pages = Object.keys(PAGES)
    output.result({ url: url.href, pages }, () => [
      url.href,
      ...(page === undefined ? [`Pages: ${pages.join(', ')}`] : []),
    ])
    return
  }
  await print(url, PAGES[page].hasJson, output)
}

async function print(url: URL, hasJson: boolean, output: Output): Promise<void> {
  if (output.json && hasJson) url.searchParams.set('format', 'json')
  const text = await ask(url)
  // As it is, however long.
  if (output.json) output.result(JSON.parse(text), () => [])
  else output.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
}

/** What runs was perhaps started with other variables than this command. */
async function findAdmin(context: Context): Promise<string> {
  const found = await requireRunning(context)
  if (found.kind === 'embedded') {
    const { envoy_admin_url: url, parts } = found.running.status
    if (url !== null) return url
    throw new CliError(`No Envoy runs now: ${parts.map(({ name }) => name).join(', ')} goes on.`, {
      nextStep: 'gateway status tells when that is over',
    })
  }
  return adminUrl(readConfigurationAgain(context).adminPort)
}

const ANSWER_MS_MAX = 15_000

async function ask(url: URL): Promise<string> {
  let response: Response
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS_MAX) })
  } catch (cause) {
    throw new CliError(`Envoy does not answer at ${url.origin}.`, {
      nextStep: 'gateway status, gateway logs envoy',
      cause,
    })
  }
  const text = await response.text()
  if (response.ok) return text
  throw new CliError(`${url.href} answers ${response.status}: ${text.trim().slice(0, 200)}`, {
    nextStep: `open ${url.origin}/help`,
  })
}
