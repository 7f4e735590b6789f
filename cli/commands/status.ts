/** `gateway status`: in one screen what runs, what does not and why, until when, for whom, and what to do. */

import { dirname } from 'node:path'
import { Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { type CommandMaker, type Context, stateDirectoryOf } from '../context.ts'
import { findGateway, type RunningGateway, requireGateway } from '../instance/control-client.ts'
import { readProcesses } from '../instance/service-processes.ts'
import { isServing } from '../instance/status.ts'
import { becomeOwnerToRead } from '../setup/become-owner.ts'
import { envFilePath } from '../setup/env-file-place.ts'
import { type ComposeStatus, composeSteps, renderComposeStatus } from '../status/compose-status.ts'
import { findDockerCompose, isComposeFolder } from '../status/docker-compose.ts'
import { nextSteps, renderStatus } from '../status/embedded-status.ts'
import { readComposeStatus, readPipedStatus } from '../status/read-compose-status.ts'

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
      const directory = stateDirectoryOf(place)
      const running = await findGateway(directory, place.environment)
      if (running !== undefined) return await showEmbedded(place, running)
      const status = await findCompose(place)
      if (status !== undefined) return showCompose(place, status)
      return await showEmbedded(place, await requireGateway(directory, place.environment))
    })

/** As for `gateway setup`: nobody there may ask Docker. */
function isInContainer({ environment }: Context): boolean {
  return environment['GATEWAY_SETUP_FOR'] === 'compose'
}

async function findCompose(context: Context): Promise<ComposeStatus | undefined> {
  const { workingDirectory, environment } = context
  if (!isComposeFolder(workingDirectory)) return undefined
  const compose = await findDockerCompose(workingDirectory, environment)
  return compose && (await readComposeStatus(context, compose))
}

async function showEmbedded(
  { output, clock }: Context,
  { status, socketPath }: RunningGateway,
): Promise<void> {
  const processes = await readProcesses(dirname(socketPath))
  const value = { ...status, processes, next_steps: nextSteps(status, clock()) }
  output.result(value, () => renderStatus(status, processes, clock))
  if (status.ready) return
  const names = status.parts.filter((part) => !isServing(part)).map(({ name }) => name)
  throw new CliError(`Not ready: ${names.join(', ')}.`, { nextStep: `gateway logs ${names[0]}` })
}

function showCompose({ output, clock }: Context, status: ComposeStatus): void {
  const steps = composeSteps(status, clock())
  output.result({ ...status, next_steps: steps }, () => renderComposeStatus(status, clock()))
  if (status.ready) return
  if (status.parts.length === 0) {
    throw new CliError('Nothing runs.', { exitCode: EXIT_CODE.notRunning })
  }
  throw new CliError(`Not ready: ${notReady(status).join(', ')}.`)
}

function notReady({ parts, services }: ComposeStatus): string[] {
  const waiting = parts.filter(({ verdict }) => verdict === 'failing' || verdict === 'starting')
  const absent = services.filter(({ verdict }) => verdict === 'absent')
  return [...new Set([...waiting, ...absent].map(({ name }) => name))]
}
