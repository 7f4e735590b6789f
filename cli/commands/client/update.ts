/** `gateway client update` */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { parseAssignment, parseJson } from '../../mcp/call/assignments.ts'
import { replaceRegistration } from '../../mcp/oauth/registration.ts'
import {
  registrationRows,
  withoutSecrets,
  withRegistration,
} from '../../mcp/oauth/with-registration.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'
import { toTable } from '../../output.ts'

const NOTES = `
  $ gateway client update URL client_name='my laptop'
  $ gateway client update URL redirect_uris:='["http://127.0.0.1/callback"]'
  $ gateway client update URL client_uri:=null
                                         null takes a member out
`

export const updateCommand: CommandMaker = (context) =>
  new Command('update')
    .description('Change members of your registration.')
    .argument('<url>', TARGET_WORDS)
    .argument('<members...>', 'name=text, name:=JSON (RFC 7591 has the names)')
    .addHelpText('after', NOTES)
    .action(async (given: string, written: readonly string[]) => {
      const changes = written.map(parseAssignment).map(({ key, text, isJson }) => {
        return [key, isJson ? parseJson(text, key) : text] as const
      })
      const url = await resolveTarget(context(), given)
      const registration = await withRegistration(context(), url, async (login, slot) => {
        const client = await replaceRegistration(login, Object.fromEntries(changes))
        // It may have a new secret, and a new token for the next change.
        slot.write({ ...login, client })
        return client
      })
      context().output.result(withoutSecrets(registration), () =>
        toTable(registrationRows(registration)),
      )
    })
