/** `gateway add`: tries a server, and writes its entry into the configuration file. */

import { Command, Option } from 'commander'
import { ISOLATION } from '../../lib/catalogue/service-definition.ts'
import { confirm, YES_OPTION } from '../confirm.ts'
import type { CommandMaker, Context } from '../context.ts'
import { type AddOptions, addServer } from '../servers/add-server.ts'
import { addedLines, toAddedJson, trialLines } from '../servers/added-lines.ts'
import { createPackageLookup } from '../servers/package-lookup.ts'

const NOTES = `
The server is started as the gateway would start it, in the exact version that will be written down, and its
tools are shown before anything is written. That runs the package on this machine, as you.

  $ gateway add @modelcontextprotocol/server-memory --name notes --isolation user
  $ gateway add pypi:mcp-server-time -- --local-timezone Europe/Berlin
  $ gateway add npm:some-mcp --env SOME_API_KEY     its value stands in .env
  $ gateway add https://mcp.example.com/mcp --header 'Authorization: Bearer \${secret.EXAMPLE}'
  $ gateway add image:registry.example/tools:3

Exit codes: 0 written, 1 the server does not work, 2 wrong usage.
`

export const addCommand: CommandMaker = (context) =>
  new Command('add')
    .description('Try an MCP server and add it: an npm or PyPI package, an image, or a URL.')
    .argument('<server>', '[npm:|pypi:]NAME[@VERSION], image:NAME[:TAG], or https://…')
    .argument('[args...]', 'for the server itself, after --')
    .option('--name <name>', 'under which it is served; default: made of what it is called')
    .option('--bin <program>', 'its program, where a package has several')
    .option('--env <name>', 'a variable it gets from .env, or name=text; may be repeated', collect)
    .option('--header <header>', 'sent to a remote server; may be repeated', collect)
    .addOption(new Option('--isolation <who>', 'who shares a process').choices(ISOLATION))
    .option('--description <words>', 'one line for people')
    .option('--private-addresses', 'a remote server may be in a private network')
    .option('--internet', 'an image may reach public addresses; without it, nothing')
    .option('--replace', 'take the place of a service of that name')
    .option('--no-try', 'write it without trying')
    .option('--dry-run', 'try it and show the entry; write nothing')
    .option(...YES_OPTION)
    .addHelpText('after', NOTES)
    .action(async (text: string, args: string[], options: AddOptions & { readonly yes?: true }) => {
      await add(context(), { text, args }, options)
    })

async function add(
  context: Context,
  server: { readonly text: string; readonly args: readonly string[] },
  options: AddOptions & { readonly yes?: true },
): Promise<void> {
  const { output, environment } = context
  const added = await addServer(context, server, options, {
    lookup: createPackageLookup(environment),
    note: output.note,
    async confirm(prepared) {
      if (!output.json) for (const line of trialLines(prepared)) output.line(line)
      await confirm(context, options.yes, `Add ${prepared.name}?`, '--dry-run')
    },
  })
  output.result(toAddedJson(added), () => [
    ...(options.dryRun ? trialLines(added) : []),
    ...(options.dryRun ? entryLines(added) : []),
    ...addedLines(added),
  ])
}

function entryLines({ name, definition }: { name: string; definition: object }): string[] {
  return [`${name}: ${JSON.stringify(definition)}`]
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
