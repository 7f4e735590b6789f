/** `gateway tools list` */

import type { Tool } from '@modelcontextprotocol/client'
import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import type { InputSchema } from '../../mcp/call/arguments.ts'
import { headline } from '../../mcp/call/headline.ts'
import { typesOf } from '../../mcp/call/typed-value.ts'
import { withSession } from '../../mcp/session/open-session.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'
import { toTable } from '../../output.ts'

export const listCommand: CommandMaker = (context) =>
  new Command('list')
    .description('List the tools of an MCP server with their arguments.')
    .argument('<url>', TARGET_WORDS)
    .addHelpText('after', '\n  $ gateway tools list echo\n  $ gateway tools list URL --json\n')
    .action(async (given: string) => {
      const url = await resolveTarget(context(), given)
      const { tools } = await withSession(
        context(),
        url,
        async ({ client, signal }) => await client.listTools(undefined, { signal }),
      )
      context().output.result(tools, () =>
        tools.length === 0 ? [`${url} has no tools.`] : toTable([HEAD, ...tools.map(toRow)]),
      )
    })

const HEAD = ['TOOL', 'ARGUMENTS', 'WHAT IT DOES']

function toRow({ name, title, description, inputSchema }: Tool): string[] {
  return [headline(name), toArguments(inputSchema as InputSchema), headline(description ?? title)]
}

/** `message:string [times:integer]`: what is in brackets may be left out. */
function toArguments(schema: InputSchema): string {
  const words = Object.entries(schema.properties ?? {}).map(([name, expected]) => {
    const word = headline(`${name}:${[...typesOf(expected, schema)].join('|') || 'any'}`)
    return schema.required?.includes(name) ? word : `[${word}]`
  })
  return words.join(' ') || '-'
}
