/** `gateway start`: everything in the foreground, until told to stop. */

import { Command } from 'commander'
import { settleBeforeStart } from '../backup/settle.ts'
import type { CommandMaker } from '../context.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { startGateway } from '../start/start-gateway.ts'

export const startCommand: CommandMaker = (context) =>
  new Command('start')
    .description('Start everything in the foreground; Ctrl-C ends it.')
    .option('--tls', 'serve https on this machine, with a certificate authority of its own')
    .action(async ({ tls }: { tls?: true }) => {
      await settleBeforeStart(context())
      await startGateway(withDevelopmentTls(context(), tls === true))
    })
