/** `gateway resources read` */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { bytesOf, describeContents, savePayloads, shown } from '../../mcp/call/content.ts'
import { withSession } from '../../mcp/session/open-session.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'

export const readCommand: CommandMaker = (context) =>
  new Command('read')
    .description('Print a resource, or save it.')
    .argument('<url>', TARGET_WORDS)
    .argument('<uri>', 'of the resource')
    .option('--output <file>', 'save it; several contents get numbers')
    .addHelpText('after', '\n  $ gateway resources read URL file:///notes.txt --output notes.txt\n')
    .action(async (given: string, uri: string, options: { readonly output?: string }) => {
      const { output } = context()
      const url = await resolveTarget(context(), given)
      const result = await withSession(
        context(),
        url,
        async ({ client, signal }) => await client.readResource({ uri }, { signal }),
      )
      const saved =
        options.output === undefined
          ? []
          : savePayloads(
              result.contents.map((one) =>
                'text' in one ? Buffer.from(one.text) : bytesOf(one.blob),
              ),
              options.output,
            )
      output.result({ ...result, saved }, () =>
        saved.length > 0
          ? saved.map((path) => `Saved ${path}.`)
          : result.contents.map((one) =>
              shown(describeContents(one), output.stdout.isTTY === true),
            ),
      )
    })
