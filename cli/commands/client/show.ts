/** `gateway client show` */

import { Command } from 'commander'
import type { CommandMaker } from '../../context.ts'
import { readRegistration } from '../../mcp/oauth/registration.ts'
import {
  registrationRows,
  withoutSecrets,
  withRegistration,
} from '../../mcp/oauth/with-registration.ts'
import { resolveTarget, TARGET_WORDS } from '../../mcp/target.ts'
import { toTable } from '../../output.ts'

export const showCommand: CommandMaker = (context) =>
  new Command('show')
    .description('Show your registration as the server has it; secrets are not shown.')
    .argument('<url>', TARGET_WORDS)
    .addHelpText('after', '\n  $ gateway client show echo\n')
    .action(async (given: string) => {
      const url = await resolveTarget(context(), given)
      const registration = await withRegistration(context(), url, readRegistration)
      context().output.result(withoutSecrets(registration), () =>
        toTable(registrationRows(registration)),
      )
    })
