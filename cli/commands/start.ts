/** `gateway start`: everything in the foreground, until told to stop. */

import { Command } from 'commander'
import { settleBeforeStart } from '../backup/settle.ts'
import { type CommandMaker, type Context, loadEnvironment } from '../context.ts'
import { beginAnew } from '../start/begin-anew.ts'
import { withDevelopmentTls } from '../start/development-tls.ts'
import { startGateway } from '../start/start-gateway.ts'

export const startCommand: CommandMaker = (context) =>
  new Command('start')
    .description('Start everything in the foreground; Ctrl-C ends it.')
    .option('--tls', 'serve https on this machine, with a certificate authority of its own')
    .action(async ({ tls }: { tls?: true }) => {
      const given = context()
      await settleBeforeStart(given)
      const as = (context: Context): Context => withDevelopmentTls(context, tls === true)
      const outcome = await startGateway(as(given), () => as(readAgain(given)))
      if (outcome === 'restart') await beginAnew(given)
    })

/** `.env` may say something else by now. */
function readAgain(given: Context): Context {
  const { shell, workingDirectory } = given
  if (shell === undefined) return given
  return { ...given, environment: loadEnvironment(shell, workingDirectory) }
}
