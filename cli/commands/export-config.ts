/** `gateway export-config`: an MCP server in the configuration of a client. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import { Argument, Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { type NewEntry, renderEntry } from '../mcp/export/merge.ts'
import { EXPORT_CLIENTS, type ExportClient, type Places, SHAPES } from '../mcp/export/shapes.ts'
import { writeEntry } from '../mcp/export/write.ts'
import { resolveTarget, TARGET_WORDS } from '../mcp/target.ts'

interface ExportOptions {
  readonly name?: string
  readonly write?: boolean
  readonly replace?: boolean
}

const NOTES = `
  $ gateway export-config echo vscode
  $ gateway export-config https://mcp.example.com/mcp cursor --name example --write

--write merges it into the client's own file and keeps the one before as FILE.bak; comments stay.
`

export const exportConfigCommand: CommandMaker = (context) =>
  new Command('export-config')
    .description('Print what adds an MCP server to a client, or write it there.')
    .argument('<url>', TARGET_WORDS)
    .addArgument(new Argument('<client>', 'whose configuration').choices(EXPORT_CLIENTS))
    .option('--name <name>', 'of the server in the client; by the address')
    .option('--write', "merge it into the client's file")
    .option('--replace', 'take the place of another server of that name there (JSON files)')
    .addHelpText('after', NOTES)
    .action(async (given: string, client: ExportClient, options: ExportOptions) => {
      requireWriting(options)
      const { output, rooms } = context()
      const url = await resolveTarget(context(), given)
      const name = toName(options.name ?? nameOf(url))
      const shape = SHAPES[client]
      const bridge = [process.execPath, join(rooms, 'cli', 'main.ts'), 'connect', url] as const
      const entry: NewEntry = {
        shape,
        name,
        value: shape.entry({ name, url, bridge: [...bridge] }),
        isReplacing: options.replace === true,
      }
      const place = shape.place(placesOf(context()))
      const next = shape.nextStep.replace('NAME', name)
      if (options.write === true) {
        const written = writeEntry(place, entry)
        const { path, changed, backup } = written
        output.result({ ...written, next }, () => [
          changed ? `${path} has ${name} now.` : `${path} had ${name} already.`,
          ...(backup === null ? [] : [`The one before is ${backup}.`]),
          `Next: ${next}.`,
        ])
        return
      }
      const content = renderEntry(entry)
      output.note(`${place}; then ${next}.`)
      output.result({ path: place, content, next }, () => [content.trimEnd()])
    })

/** What is only printed takes nobody's place: whoever says `--replace` expects a file to change. */
function requireWriting({ write, replace }: ExportOptions): void {
  if (replace !== true || write === true) return
  throw new CliError('--replace is for the file that --write changes.', {
    exitCode: EXIT_CODE.usage,
    nextStep: 'say --write as well, or leave --replace out',
  })
}

function placesOf({ environment, workingDirectory }: Context): Places {
  const home = environment['HOME'] ?? homedir()
  return { environment, home, workingDirectory, platform: process.platform }
}

/** `http://localhost:8642/echo/mcp` is echo, `https://mcp.example.com/mcp` mcp-example-com. */
function nameOf(url: string): string {
  const { hostname, pathname } = new URL(url)
  const [first = '', second] = pathname.split('/').filter((step) => step !== '')
  return second === undefined || first === '' ? hostname.replaceAll('.', '-') : first
}

/** What every one of these clients takes. */
function toName(name: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name
  throw new CliError(`${name} is no name that every client takes.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: '--name with letters, digits, - and _',
  })
}
