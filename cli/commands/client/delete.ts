/** `gateway client delete` */

import { Command } from 'commander'
import { CliError } from '../../cli-error.ts'
import { confirm, YES_OPTION } from '../../confirm.ts'
import type { CommandMaker } from '../../context.ts'
import { deleteRegistration } from '../../mcp/oauth/registration.ts'
import { requireRegistration, withRegistration } from '../../mcp/oauth/with-registration.ts'
import type { Login } from '../../mcp/store/login.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'

export const deleteCommand: CommandMaker = (context) =>
  new Command('delete')
    .description('Delete your registration; the login goes with it.')
    .argument('<url>', TARGET_WORDS)
    .option(...YES_OPTION)
    .addHelpText('after', '\n  $ gateway client delete echo --yes\n')
    .action(async (given: string, { yes }: { readonly yes?: boolean }) => {
      const url = await resolveTarget(context(), given)
      const clientId = requireRegistration(context(), url).client.client_id
      // Before the lock is taken: other processes wait for it, and a person may take long.
      await confirm(context(), yes, `Delete the registration ${clientId} for ${url}?`)
      const deleted = await withRegistration(context(), url, async (login, slot) => {
        requireSame(login, clientId)
        const wasKnown = await deleteRegistration(login)
        slot.remove()
        return wasKnown
      })
      context().output.result({ url, client_id: clientId, deleted }, () => [
        deleted
          ? `The registration ${clientId} is deleted, and the login at ${url} with it.`
          : `The server knew the registration ${clientId} no more; it and the login are forgotten here.`,
      ])
    })

/** Somebody may have registered anew while the question stood. */
function requireSame({ client, url }: Login, clientId: string): void {
  if (client.client_id === clientId) return
  throw new CliError(`The registration for ${url} is another one by now: nothing was deleted.`, {
    nextStep: `gateway client show ${url}`,
  })
}
