/** `gateway doctor`: goes the whole way of each known client, and says in words what keeps it from arriving. */

import { Command, InvalidArgumentError, Option } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { CLIENTS } from '../doctor/clients/all.ts'
import type { Finding } from '../doctor/finding.ts'
import type { ClientProfile } from '../doctor/model/client-profile.ts'
import { renderReport, toReport } from '../doctor/report.ts'
import { type DoctorWish, runDoctor } from '../doctor/run-doctor.ts'
import { ANY_PAGE, findTarget, originFor, type Target } from '../doctor/target.ts'
import { parseDays } from '../parse-days.ts'
import { untilInterrupted } from '../until-interrupted.ts'

interface DoctorOptions {
  readonly client?: readonly string[]
  readonly service?: string
  readonly login?: boolean
  readonly user: string
  readonly tool?: string
  readonly arguments?: Readonly<Record<string, unknown>>
  readonly origin?: string
  readonly days: number
  readonly verbose?: true
}

const NOTES = `
Examples:
  $ gateway doctor                       this gateway, as every client
  $ gateway doctor --service memory --client claude
  $ gateway doctor https://mcp.example.com/mcp
                                         any MCP server; you log in once in the browser
  $ gateway doctor URL --no-login        only what needs no login
  $ gateway doctor --json | jq '.findings[] | select(.status == "failed")'

Clients: ${CLIENTS.map(({ id }) => id).join(', ')}.
What it makes it ends again: registrations, tokens, sessions. Each check and its cure: docs/doctor.md.

Exit codes: 0 nothing failed (warnings, or not tried, do not count), 1 something failed, 2 wrong usage,
3 no gateway is running.
`

export const doctorCommand: CommandMaker = (context) =>
  new Command('doctor')
    .description('Go the way of every known client, and explain what keeps it from arriving.')
    .argument('[url]', 'address of any MCP server; without one it is this gateway')
    .addOption(
      new Option('--client <ids...>', 'only as these clients').choices(CLIENTS.map(({ id }) => id)),
    )
    .option('--service <name>', 'which service of this gateway; the first without')
    .option('--login', 'wait for a login though there is no terminal')
    .option('--no-login', 'only what needs no login')
    .option(
      '--user <name>',
      'under which name to log in by itself, with the dev provider',
      'doctor',
    )
    .option('--tool <name>', 'the tool to call; else one that does no harm')
    .option('--arguments <json>', 'for that tool', toArguments)
    .option('--origin <origin>', 'the web page that a client is, where it is one')
    .option('--days <count>', 'warn of a certificate that ends within so many days', parseDays, 14)
    .option('-v, --verbose', 'list every check')
    .addHelpText('after', NOTES)
    .action(async (url: string | undefined, options: DoctorOptions) => {
      if (options.arguments !== undefined && options.tool === undefined) {
        throw new CliError('--arguments are for the tool that --tool names.', {
          exitCode: EXIT_CODE.usage,
          nextStep: 'gateway doctor --tool NAME --arguments JSON',
        })
      }
      await examine(context(), await findTarget(context(), url, options.service), options)
    })

async function examine(context: Context, target: Target, options: DoctorOptions): Promise<void> {
  const { output, environment } = context
  const wish = toWish(context, target, options)
  const findings: Finding[] = []
  let current = ''
  const tell = (finding: Finding): void => {
    findings.push(finding)
    const name = wish.clients.find(({ id }) => id === finding.client)?.name
    if (name === undefined || name === current || output.json) return
    current = name
    output.note(`as ${name} …`)
  }
  await untilInterrupted(async (leaving) => {
    await runDoctor(wish, { environment, leaving, note: output.note, tell })
    // What was found until then is no report.
    leaving.throwIfAborted()
  })
  const report = toReport(target.url, target.own !== undefined, wish.clients, findings)
  const isVerbose = options.verbose === true || wish.clients.length === 1
  output.result(report, () => renderReport(report, wish.clients, isVerbose))
  if (report.healthy) return
  const { failed } = report.summary
  throw new CliError(`${failed} of the checks failed.`, {
    nextStep: 'each has its cure above, and in docs/doctor.md',
  })
}

function toWish(context: Context, target: Target, options: DoctorOptions): DoctorWish {
  const origin = options.origin ?? originFor(target, context)
  const { user, tool, days } = options
  return {
    target,
    clients: choose(options.client, origin !== undefined),
    origin: origin ?? ANY_PAGE,
    login: loginOf(options, context, target),
    username: user,
    tool: tool === undefined ? undefined : { name: tool, arguments: options.arguments ?? {} },
    days,
  }
}

/** Where no web page may call it is no fault that none can. */
function choose(
  ids: readonly string[] | undefined,
  mayWebPages: boolean,
): readonly ClientProfile[] {
  if (ids !== undefined) return CLIENTS.filter(({ id }) => ids.includes(id))
  return CLIENTS.filter(({ isWebPage }) => mayWebPages || isWebPage !== true)
}

function loginOf(
  { login }: DoctorOptions,
  { stdin }: Context,
  { own }: Target,
): DoctorWish['login'] {
  if (login === false) return 'unwanted'
  if (login === true || stdin.isTTY === true || own?.hasDevLogin === true) return 'wanted'
  return 'nobody-there'
}

function toArguments(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError('It must be a JSON object, e.g. {"message":"hello"}.')
}
