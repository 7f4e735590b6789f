/** The command line: global options, one command per file, exit codes. Commands only add themselves. */

import { Command, CommanderError } from 'commander'
import type { Clock } from '../lib/platform/clock.ts'
import type { Environment } from '../lib/platform/environment.ts'
import { CliError, EXIT_CODE } from './cli-error.ts'
import { addCommand } from './commands/add.ts'
import { auditCommand } from './commands/audit.ts'
import { backupCommand } from './commands/backup/backup.ts'
import { clientsCommand } from './commands/clients/clients.ts'
import { completionCommand } from './commands/completion.ts'
import { configCommand } from './commands/config/config.ts'
import { consentsCommand } from './commands/consents/consents.ts'
import { doctorCommand } from './commands/doctor.ts'
import { envoyCommand } from './commands/envoy.ts'
import { explainCommand } from './commands/explain.ts'
import { githubCommand } from './commands/github/github.ts'
import { grantsCommand } from './commands/grants/grants.ts'
import { healthCommand } from './commands/health.ts'
import { importCommand } from './commands/import.ts'
import { keysCommand } from './commands/keys/keys.ts'
import { logsCommand } from './commands/logs/logs.ts'
import { MCP_COMMANDS } from './commands/mcp-client.ts'
import { outdatedCommand } from './commands/outdated.ts'
import { purgeCommand } from './commands/purge.ts'
import { rebuildCommand } from './commands/rebuild.ts'
import { registrationsCommand } from './commands/registrations.ts'
import { removeCommand } from './commands/remove.ts'
import { restartCommand } from './commands/restart.ts'
import { restoreCommand } from './commands/restore.ts'
import { servicesCommand } from './commands/services/services.ts'
import { setupCommand } from './commands/setup.ts'
import { sslCommand } from './commands/ssl.ts'
import { startCommand } from './commands/start.ts'
import { statsCommand } from './commands/stats.ts'
import { statusCommand } from './commands/status.ts'
import { stopCommand } from './commands/stop.ts'
import { tokensCommand } from './commands/tokens/tokens.ts'
import { upgradeCommand } from './commands/upgrade.ts'
import { usersCommand } from './commands/users/users.ts'
import { type CommandMaker, type Context, loadEnvironment } from './context.ts'
import { createOutput, reportFailure, type Stdin, type Streams } from './output.ts'

export interface Surroundings {
  readonly environment: Environment
  readonly workingDirectory: string
  readonly streams: Streams & { readonly stdin: Stdin }
  readonly clock: Clock
  readonly rooms: string
}

const COMMANDS: readonly CommandMaker[] = [
  setupCommand,
  startCommand,
  stopCommand,
  restartCommand,
  statusCommand,
  doctorCommand,
  healthCommand,
  sslCommand,
  addCommand,
  importCommand,
  removeCommand,
  servicesCommand,
  configCommand,
  logsCommand,
  envoyCommand,
  explainCommand,
  auditCommand,
  outdatedCommand,
  upgradeCommand,
  rebuildCommand,
  usersCommand,
  clientsCommand,
  grantsCommand,
  tokensCommand,
  consentsCommand,
  keysCommand,
  registrationsCommand,
  githubCommand,
  completionCommand,
  backupCommand,
  restoreCommand,
  statsCommand,
  purgeCommand,
  ...MCP_COMMANDS,
]

const EXAMPLES = `
Examples:
  $ gateway setup                        what to do first where others are to reach it
  $ gateway start                        start everything in the foreground
  $ GATEWAY_PORT=8742 GATEWAY_STATE_DIR=.gateway-two gateway start
  $ gateway status --json                what runs, for a program
  $ gateway logs -f mcp-bridge           follow the log of one part
  $ gateway services test memory         start one apart from everything, and list its tools
  $ gateway explain --url http://localhost:8642/echo/mcp --token -
                                         why a token is let in or not, step by step
  $ gateway audit --service memory --outcome denied
                                         who called which tool, and what came of it
  $ gateway users disable github:583231  somebody leaves: all of theirs ends now
  $ gateway clients list --older-than 30d
  $ gateway add npm:some-mcp             try an MCP server, and serve it
  $ gateway import ~/.cursor/mcp.json    the servers that a client has
  $ gateway backup                       everything, closed, into backups/
  $ gateway stop
  $ gateway login echo                   be a client of an MCP server, this one's or any (URL)
  $ gateway call echo echo message=hello

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no gateway is running.
`

/** All commands with their options, for whoever runs them or lists them. */
export function createProgram(context: () => Context): Command {
  const program = new Command('gateway')
    .description('Starts and operates the MCP OAuth Gateway.')
    .option('--json', 'print one JSON document instead of text')
    .addHelpText('after', EXAMPLES)
  for (const make of COMMANDS) program.addCommand(make(context))
  return program.hook('preAction', (_program, action) => takeFromAbove(program, action))
}

/**
 * Options behind a verb are the verb's: a command that has the same ones itself, such as `backup` above
 * `backup verify`, has taken them.
 */
function takeFromAbove(program: Command, action: Command): void {
  for (let above = action.parent; above !== null && above !== program; above = above.parent) {
    for (const option of above.options) {
      const name = option.attributeName()
      if (above.getOptionValueSource(name) !== 'cli') continue
      if (!action.options.some((own) => own.attributeName() === name)) {
        action.error(`error: unknown option '${option.long ?? option.flags}'`)
      }
      action.setOptionValueWithSource(name, above.getOptionValue(name), 'cli')
    }
  }
}

export async function runProgram(
  args: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  // A command line that is not understood may end before the option itself is.
  const forPrograms = untilDoubleDash(args).includes('--json')
  const output = lazy(() => toOutput(surroundings, forPrograms))
  const context = lazy(() => ({
    ...surroundings,
    stdin: surroundings.streams.stdin,
    shell: surroundings.environment,
    environment: loadEnvironment(surroundings.environment, surroundings.workingDirectory),
    output: output(),
  }))
  const program = createProgram(context)
  const meant = { words: program.name() }
  setUp(program, surroundings.streams, forPrograms, meant)
  try {
    await program.parseAsync(args, { from: 'user' })
    return EXIT_CODE.ok
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, output())
    // `--help` and `--version` arrive here as well.
    if (error.exitCode === 0) return EXIT_CODE.ok
    // For people Commander has printed it.
    return forPrograms ? reportFailure(toUsageError(error, meant.words), output()) : EXIT_CODE.usage
  }
}

function untilDoubleDash(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  return end === -1 ? args : args.slice(0, end)
}

function toUsageError({ code, message }: CommanderError, meant: string): CliError {
  const words = code === 'commander.help' ? 'a command is missing' : message.replace(/^error: /, '')
  return new CliError(words, {
    exitCode: EXIT_CODE.usage,
    nextStep: `run \`${meant} --help\` for what there is.`,
  })
}

/** @param meant gets the words of the command that was not understood. */
function setUp(
  command: Command,
  streams: Streams,
  forPrograms: boolean,
  meant: { words: string },
  words = command.name(),
): void {
  const { stdout, stderr } = streams
  command.showHelpAfterError(`Run \`${words} --help\` for what there is.`).exitOverride((error) => {
    meant.words = words
    throw error
  })
  command.configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void (forPrograms || stderr.write(text)),
  })
  for (const below of command.commands) {
    setUp(below, streams, forPrograms, meant, `${words} ${below.name()}`)
  }
}

function toOutput(
  { streams, environment }: Surroundings,
  json: boolean,
): ReturnType<typeof createOutput> {
  const plain = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb'
  return createOutput(streams, { json, colour: streams.stdout.isTTY === true && !plain })
}

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
