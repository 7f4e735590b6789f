/** `gateway prompts list` */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { headline } from '../../mcp/call/headline.ts'
import { withSession } from '../../mcp/session/open-session.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'
import { toTable } from '../../output.ts'

export const listCommand: CommandMaker = (context) =>
  new Command('list')
    .description('List the prompts of an MCP server with their arguments.')
    .argument('<url>', TARGET_WORDS)
    .addHelpText('after', '\n  $ gateway prompts list everything\n')
    .action(async (given: string) => {
      const url = await resolveTarget(context(), given)
      const { prompts } = await withSession(
        context(),
        url,
        async ({ client, signal }) => await client.listPrompts(undefined, { signal }),
      )
      const rows = prompts.map(({ name, arguments: wanted = [], description }) => [
        name,
        wanted.map((one) => (one.required === true ? one.name : `[${one.name}]`)).join(' ') || '-',
        description,
      ])
      context().output.result(prompts, () =>
        rows.length === 0
          ? [`${url} has no prompts.`]
          : toTable([
              ['PROMPT', 'ARGUMENTS', 'WHAT IT IS'],
              ...rows.map((row) => row.map(headline)),
            ]),
      )
    })
