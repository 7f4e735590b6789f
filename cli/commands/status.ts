/** `gateway status`: in one screen what runs, what does not and why, until when, for whom, and what to do. */

import { dirname } from 'node:path'
import { Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { type CommandMaker, type Context, isInContainer } from '../context.ts'
import { askServing } from '../health/embedded-health.ts'
import type { RunningGateway } from '../instance/control-client.ts'
import { requireRunning } from '../instance/find-running.ts'
import { readProcesses } from '../instance/service-processes.ts'
import { becomeOwnerToRead } from '../setup/become-owner.ts'
import { envFilePath } from '../setup/env-file-place.ts'
import {
  type ComposeStatus,
  composeSteps,
  notReady,
  renderComposeStatus,
} from '../status/compose-status.ts'
import { logOf, nextSteps, renderStatus } from '../status/embedded-status.ts'
import { composeStatusOf, readPipedStatus } from '../status/read-compose-status.ts'

const NOTES = `
It finds the gateway of the state directory, or else the containers of this folder's compose.yaml. Where only Docker is:
  docker compose ps --all --format json | docker compose run --rm -T status
`

export const statusCommand: CommandMaker = (context) =>
  new Command('status')
    .description('Show what runs, what does not and why, and what to do.')
    .addHelpText('after', NOTES)
    .action(async () => {
      // What setup wrote only the owner can read.
      becomeOwnerToRead(envFilePath(process.cwd()), process.cwd())
      const place = context()
      if (isInContainer(place)) return showCompose(place, await readPipedStatus(place))
      const found = await requireRunning(place)
      if (found.kind === 'embedded') return await showEmbedded(place, found.running)
      showCompose(place, await composeStatusOf(place, found.compose, found.containers))
    })

async function showEmbedded(context: Context, running: RunningGateway): Promise<void> {
  const { output, clock } = context
  const [processes, checks] = await Promise.all([
    readProcesses(dirname(running.socketPath)),
    askServing(running),
  ])
  const failing = checks.filter(({ status }) => status === 'failing')
  const status = { ...running.status, ready: running.status.ready && failing.length === 0 }
  const value = { ...status, processes, checks, next_steps: nextSteps(status, checks, clock()) }
  output.result(value, () => renderStatus(status, { processes, checks }, clock))
  if (status.ready) return
  const [part = ''] = failing.map(logOf)
  throw new CliError(`Not ready: ${failing.map(({ name }) => name).join(', ')}.`, {
    nextStep: `gateway logs ${part}`,
  })
}

function showCompose({ output, clock }: Context, status: ComposeStatus): void {
  const steps = composeSteps(status, clock())
  output.result({ ...status, next_steps: steps }, () => renderComposeStatus(status, clock()))
  if (status.ready) return
  if (status.parts.length === 0) {
    throw new CliError('Nothing runs.', {
      exitCode: EXIT_CODE.notRunning,
      nextStep: 'docker compose up -d',
    })
  }
  throw new CliError(`Not ready: ${notReady(status).join(', ')}.`)
}
