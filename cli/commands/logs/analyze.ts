/** `gateway logs analyze`: who, what, refusals by reason, slow tools, errors by cause, and what to do about it. */

import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { Command } from 'commander'
import { CliError } from '../../cli-error.ts'
import type { CommandMaker, Context } from '../../context.ts'
import { Analyzer } from '../../log/analysis/analysis.ts'
import { toMarkdownReport, toTerminalReport } from '../../log/analysis/report.ts'
import { linesOf } from '../../log/lines.ts'
import { type LogRecord, recordsOf } from '../../log/log-record.ts'
import { findLogSource } from '../../log/log-source.ts'
import { addSelection, instantOf, type Selection, toMatcher } from '../../log/selection.ts'

interface AnalyzeOptions extends Selection {
  readonly markdown?: true
  readonly file?: string
}

const EXAMPLES = `
Examples:
  $ gateway logs analyze --since 24h
  $ gateway logs analyze --since 7d --markdown > week.md
  $ gateway logs analyze --service memory --json
  $ zcat old-logs.gz | gateway logs analyze --file -

Counts of names that are rare among very many may be low; quantiles are right within 5 %.
`

export const analyzeCommand: CommandMaker = (context) =>
  addSelection(
    new Command('analyze')
      .description(
        'Report who asked for what, what was refused and why, what was slow, what failed.',
      )
      .option('--markdown', 'print Markdown')
      .option(
        '--file <path>',
        'another gateway.log in place of this gateway’s; - is standard input',
      ),
  )
    .addHelpText('after', EXAMPLES)
    .action(async (options: AnalyzeOptions) => await analyze(context(), options))

async function analyze(context: Context, options: AnalyzeOptions): Promise<void> {
  const { output, clock } = context
  const now = clock()
  const matches = toMatcher(options, undefined, now)
  const analyzer = new Analyzer()
  const records =
    options.file === undefined
      ? (await findLogSource(context)).records(instantOf(options.since, now))
      : recordsIn(options.file, context)
  for await (const record of records) if (matches(record)) analyzer.add(record)
  const analysis = analyzer.result()
  const render = options.markdown === true ? toMarkdownReport : toTerminalReport
  output.result(analysis, () => render(analysis))
}

async function* recordsIn(path: string, { stdin }: Context): AsyncIterable<LogRecord> {
  const input: Readable = path === '-' ? stdin : createReadStream(path)
  try {
    yield* recordsOf(linesOf(input))
  } catch (cause) {
    throw new CliError(`${path} cannot be read: ${(cause as Error).message}`, {
      nextStep: 'gateway logs analyze --file .gateway/logs/gateway.log.1',
      cause,
    })
  }
}
