/** `gateway logs`: the merged log, also of a gateway that no longer runs; beside it, what can be read out of it. */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { addSelection } from '../../log/selection.ts'
import { parseCount } from '../../parse-count.ts'
import { analyzeCommand } from './analyze.ts'
import { type ShowOptions, showLog } from './show.ts'

const EXAMPLES = `
Examples:
  $ gateway logs -f mcp-bridge              follow one part
  $ gateway logs --request 3f0c…            everything about one request, from Envoy to the server
  $ gateway logs --level warn --since 24h   what went wrong since yesterday
  $ gateway logs --user github:583231 --service memory -f
  $ gateway logs analyze --since 7d         who, what, refusals, slow tools, errors

With --json each record is a JSON document on a line of its own.
`

export const logsCommand: CommandMaker = (context) =>
  addSelection(
    new Command('logs')
      .description('Print the merged log, or analyze it.')
      .argument(
        '[part]',
        'only this part, e.g. mcp-bridge or ext-authz-1; ext-authz means all of its processes',
      )
      .option('-f, --follow', 'go on with what comes')
      .option(
        '-n, --lines <count>',
        'how many of the last lines (50; all with --since)',
        parseCount(),
      ),
  )
    .addCommand(analyzeCommand(context))
    .addHelpText('after', EXAMPLES)
    .action(async (part: string | undefined, options: ShowOptions) => {
      await showLog(context(), part, options)
    })
