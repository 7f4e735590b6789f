/** `gateway stop`: asks the running gateway to end, and waits until it has. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { runCompose } from '../docker/run-compose.ts'
import { askStatus, type RunningGateway, requestStop } from '../instance/control-client.ts'
import { requireRunning } from '../instance/find-running.ts'
import { isAlive } from '../instance/process-alive.ts'
import type { ContainerStatus } from '../status/compose-ps.ts'
import { isUp } from '../status/compose-status.ts'

const STOP_MS_MAX = 15_000
const LOOK_EVERY_MS = 100

export const stopCommand: CommandMaker = (context) =>
  new Command('stop')
    .description('Stop the running gateway, or its containers, and wait until it has ended.')
    .action(async () => {
      const found = await requireRunning(context())
      if (found.kind === 'embedded') await stopEmbedded(context(), found.running)
      else await stopContainers(context(), found.containers)
    })

async function stopEmbedded(
  { output, clock }: Context,
  { socketPath, status }: RunningGateway,
): Promise<void> {
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
}

/** What they keep stays, and so do they. */
async function stopContainers(
  context: Context,
  containers: readonly ContainerStatus[],
): Promise<void> {
  if (!isUp({ parts: containers })) {
    throw new CliError('The containers of this folder are stopped already.', {
      exitCode: EXIT_CODE.notRunning,
      nextStep: 'docker compose up -d',
    })
  }
  await runCompose(context, ['stop'])
  context.output.result({ stopped: true, kind: 'compose' }, () => [
    'stopped; docker compose up -d starts them again',
  ])
}
