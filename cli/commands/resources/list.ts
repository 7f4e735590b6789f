/** `gateway resources list` */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { headline } from '../../mcp/call/headline.ts'
import { type Session, withSession } from '../../mcp/session/open-session.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'
import { toTable } from '../../output.ts'

export const listCommand: CommandMaker = (context) =>
  new Command('list')
    .description('List the resources of an MCP server, and the templates for more.')
    .argument('<url>', TARGET_WORDS)
    .addHelpText('after', '\n  $ gateway resources list everything\n')
    .action(async (given: string) => {
      const url = await resolveTarget(context(), given)
      const found = await withSession(context(), url, listAll)
      const rows = [
        ...found.resources.map(({ uri, name, description }) => [uri, name, description]),
        ...found.resource_templates.map(({ uriTemplate, name, description }) => [
          uriTemplate,
          name,
          description,
        ]),
      ]
      context().output.result(found, () =>
        rows.length === 0
          ? [`${url} has no resources.`]
          : toTable([['URI', 'NAME', 'WHAT IT IS'], ...rows.map((row) => row.map(headline))]),
      )
    })

async function listAll({ client, signal }: Session) {
  const { resources } = await client.listResources(undefined, { signal })
  const { resourceTemplates } = await client.listResourceTemplates(undefined, { signal })
  return { resources, resource_templates: resourceTemplates }
}
