/** `gateway logs`: the merged log, also of a gateway that no longer runs. */

import { Command, InvalidArgumentError } from 'commander'
import { CliError } from '../cli-error.ts'
import { type CommandMaker, type Context, stateDirectoryOf } from '../context.ts'
import { isPartOf } from '../instance/part-names.ts'
import { logPaths } from '../log/log-file.ts'
import { type LogRecord, parseStored } from '../log/log-record.ts'
import { followLog, readLastLines } from '../log/read-log.ts'
import { toTerminalLine } from '../log/terminal-line.ts'

const LINES = 50

interface LogsOptions {
  readonly follow?: true
  readonly lines: number
  readonly request?: string
}

export const logsCommand: CommandMaker = (context) =>
  new Command('logs')
    .description('Print the merged log.')
    .argument(
      '[part]',
      'only this part, e.g. mcp-bridge or ext-authz-1; ext-authz means all of its processes',
    )
    .option('-f, --follow', 'go on with what comes')
    .option('-n, --lines <count>', 'how many of the last lines', parseCount, LINES)
    .option('--request <id>', 'only lines of this request')
    .action(async (part: string | undefined, options: LogsOptions) => {
      await showLog(context(), part, options)
    })

async function showLog(
  context: Context,
  part: string | undefined,
  { follow, lines, request }: LogsOptions,
): Promise<void> {
  const { output } = context
  const stateDirectory = stateDirectoryOf(context)
  const paths = logPaths(stateDirectory)
  const read = (line: string): LogRecord | undefined => {
    const record = parseStored(line)
    if (record === undefined) return undefined
    if (part !== undefined && !isPartOf(record.name, part)) return undefined
    return request === undefined || record.fields['request_id'] === request ? record : undefined
  }
  const show = (line: string): void => {
    const record = read(line)
    if (record !== undefined)
      output.line(output.json ? line : toTerminalLine(record, output.colour))
  }
  const last = readLastLines(paths, lines, (line) => read(line) !== undefined)
  if (last === undefined) {
    throw new CliError(`There is no log in ${stateDirectory}.`, {
      nextStep: 'npm start, or set GATEWAY_STATE_DIR to the folder of the gateway you mean',
    })
  }
  for (const line of last.lines) show(line)
  if (follow) await followLog(paths[0] ?? '', last.position, show)
}

function parseCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0) return count
  throw new InvalidArgumentError('It must be a whole number.')
}
