/** `gateway stop`: asks the running gateway to end, and waits until it has. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { CliError } from '../cli-error.ts'
import { type CommandMaker, stateDirectoryOf } from '../context.ts'
import { askStatus, requestStop, requireGateway } from '../instance/control-client.ts'
import { isAlive } from '../instance/process-alive.ts'

const STOP_MS_MAX = 15_000
const LOOK_EVERY_MS = 100

export const stopCommand: CommandMaker = (context) =>
  new Command('stop')
    .description('Stop the running gateway and wait until it has ended.')
    .action(async () => {
      const { environment, output, clock } = context()
      const { socketPath, status } = await requireGateway(stateDirectoryOf(context()), environment)
      await requestStop(socketPath)
      const began = clock()
      while (isAlive(status.pid) || (await askStatus(socketPath)) !== undefined) {
        if (clock() - began > STOP_MS_MAX) {
          throw new CliError(`The gateway (process ${status.pid}) still runs.`, {
            nextStep: `gateway logs, then kill -KILL ${status.pid}`,
          })
        }
        await sleep(LOOK_EVERY_MS)
      }
      output.result({ stopped: true, pid: status.pid }, () => [`stopped ${status.public_url}`])
    })
