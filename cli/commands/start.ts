/** `gateway start`: everything in the foreground, until told to stop. */

import { Command } from 'commander'
import { settleBeforeStart } from '../backup/settle.ts'
import { EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker } from '../context.ts'
import { beginAnew } from '../start/begin-anew.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { judgeAnew } from '../start/judge-anew.ts'
import { startGateway } from '../start/start-gateway.ts'
import { isPrinted, printWithoutWaiting } from '../start/unread-output.ts'

export const startCommand: CommandMaker = (context) =>
  new Command('start')
    .description('Start everything in the foreground; Ctrl-C ends it.')
    .option('--tls', 'serve https on this machine, with a certificate authority of its own')
    .action(async ({ tls }: { tls?: true }) => {
      const given = context()
      printWithoutWaiting(given.output)
      await settleBeforeStart(given)
      const isTls = tls === true
      const outcome = await startGateway(
        withDevelopmentTls(given, { isAsked: isTls }),
        (ownPorts, signal) => judgeAnew(given, { isTls, ownPorts, signal }),
      )
      if (outcome === 'restart') await beginAnew(given)
      // Node would wait for whoever does not read, with nothing left to run.
      else if (!(await isPrinted(given.output))) process.exit(EXIT_CODE.ok)
    })
