/** `gateway client delete` */

import { Command } from 'commander'
import { confirm, YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'
import { deleteRegistration } from '../../mcp/oauth/registration.ts'
import { withRegistration } from '../../mcp/oauth/with-registration.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'

export const deleteCommand: CommandMaker = (context) =>
  new Command('delete')
    .description('Delete your registration; the login goes with it.')
    .argument('<url>', TARGET_WORDS)
    .option(...YES_OPTION)
    .addHelpText('after', '\n  $ gateway client delete echo --yes\n')
    .action(async (given: string, { yes }: { readonly yes?: boolean }) => {
      const url = await resolveTarget(context(), given)
      const clientId = await withRegistration(context(), url, async (login, slot) => {
        const { client_id } = login.client
        await confirm(context(), yes, `Delete the registration ${client_id} for ${url}?`)
        await deleteRegistration(login)
        slot.remove()
        return client_id
      })
      context().output.result({ url, client_id: clientId, deleted: true }, () => [
        `The registration ${clientId} is deleted, and the login at ${url} with it.`,
      ])
    })
