/** `gateway import`: takes the servers that a person has in a client. */

import { Command, Option } from 'commander'
import { ISOLATION } from '../../lib/catalogue/service-definition.ts'
import { CliError } from '../cli-error.ts'
import { confirm, YES_OPTION } from '../confirm.ts'
import type { CommandMaker, Context } from '../context.ts'
import { type ImportOptions, importServers } from '../servers/import/import-servers.ts'
import { importedLines, planLines, toImportedJson } from '../servers/import/imported-lines.ts'

const NOTES = `
It reads claude_desktop_config.json, .mcp.json, .cursor/mcp.json, .vscode/mcp.json and settings.json, and the files
of Windsurf, Zed, Gemini and Codex. Each server is tried; what does not work is left out. Secrets go into .env.

  $ gateway import ~/.cursor/mcp.json --dry-run
  $ gateway import .mcp.json --yes

Exit codes: 0 everything that was meant is written, 1 some of it does not work, 2 wrong usage.
`

export const importCommand: CommandMaker = (context) =>
  new Command('import')
    .description(
      'Take the servers of a client’s file (mcp.json): try them, move secrets into .env.',
    )
    .argument('<file>', 'the client’s file')
    .option('--replace', 'take the place of services of the same names')
    .addOption(new Option('--isolation <who>', 'who shares a process').choices(ISOLATION))
    .option('--no-try', 'write them without trying')
    .option('--dry-run', 'try them and show what would be written; write nothing')
    .option(...YES_OPTION)
    .addHelpText('after', NOTES)
    .action(async (file: string, options: ImportOptions & { readonly yes?: true }) => {
      await importFile(context(), file, options)
    })

async function importFile(
  context: Context,
  file: string,
  options: ImportOptions & { readonly yes?: true },
): Promise<void> {
  const { output } = context
  const imported = await importServers(context, file, options, {
    note: output.note,
    async confirm(plan) {
      if (!output.json) for (const line of planLines(plan)) output.line(line)
      await confirm(context, options.yes, `Add ${plan.entries.length} services?`, '--dry-run')
    },
  })
  const isTold = !options.dryRun && imported.entries.length > 0
  output.result(toImportedJson(imported), () => [
    ...(isTold ? [] : planLines(imported)),
    ...importedLines(imported),
  ])
  if (imported.failed.length === 0) return
  throw new CliError(`${imported.failed.length} of them did not work and were left out.`, {
    nextStep: 'mend them and import again, or add --no-try',
  })
}
