/** `gateway prompts get` */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { parseAssignment } from '../../mcp/call/assignments.ts'
import { describeBlock, shown } from '../../mcp/call/content.ts'
import { withSession } from '../../mcp/session/open-session.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'

export const getCommand: CommandMaker = (context) =>
  new Command('get')
    .description('Print the messages that a prompt becomes.')
    .argument('<url>', TARGET_WORDS)
    .argument('<prompt>', 'its name')
    .argument('[arguments...]', 'key=value; arguments of prompts are texts')
    .addHelpText('after', '\n  $ gateway prompts get URL review file=main.ts\n')
    .action(async (given: string, name: string, written: readonly string[]) => {
      const { output } = context()
      const url = await resolveTarget(context(), given)
      const pairs = written.map(parseAssignment).map(({ key, text }) => [key, text] as const)
      const result = await withSession(
        context(),
        url,
        async ({ client, signal }) =>
          await client.getPrompt({ name, arguments: Object.fromEntries(pairs) }, { signal }),
      )
      output.result(result, () =>
        result.messages.map(
          ({ role, content }) =>
            `${role}: ${shown(describeBlock(content), output.stdout.isTTY === true)}`,
        ),
      )
    })
