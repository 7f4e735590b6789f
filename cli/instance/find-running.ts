/** Which gateway is meant: the one of this state directory, or else the compose project of this folder. */

import { CliError, EXIT_CODE } from '../cli-error.ts'
import { type Context, stateDirectoryOf } from '../context.ts'
import { type ContainerStatus, parseContainers } from '../status/compose-ps.ts'
import { type DockerCompose, findDockerCompose, isComposeFolder } from '../status/docker-compose.ts'
import { findGateway, type RunningGateway } from './control-client.ts'
import { requireNoSilent } from './silent.ts'

export type FoundGateway =
  | { readonly kind: 'embedded'; readonly running: RunningGateway }
  | {
      readonly kind: 'compose'
      readonly compose: DockerCompose
      /** All of the project, also those that have ended. */
      readonly containers: readonly ContainerStatus[]
    }

/** Undefined where neither is. @throws CliError when Docker is there and cannot say. */
export async function findRunning(context: Context): Promise<FoundGateway | undefined> {
  const { environment, workingDirectory } = context
  const running = await findGateway(stateDirectoryOf(context), environment)
  if (running !== undefined) return { kind: 'embedded', running }
  const compose = await findDockerCompose(workingDirectory, environment)
  if (compose === undefined) return undefined
  const containers = parseContainers(await compose.ps())
  return containers.length === 0 ? undefined : { kind: 'compose', compose, containers }
}

/** @throws CliError with exit code 3 where neither is, with 1 where one runs and does not answer. */
export async function requireRunning(context: Context): Promise<FoundGateway> {
  const found = await findRunning(context)
  if (found !== undefined) return found
  requireNoSilent(stateDirectoryOf(context))
  const isFolder = isComposeFolder(context.workingDirectory)
  const containers = isFolder ? ', and no container of this folder’s compose.yaml is there' : ''
  throw new CliError(
    `No gateway runs with the state directory ${stateDirectoryOf(context)}${containers}.`,
    {
      exitCode: EXIT_CODE.notRunning,
      nextStep: isFolder
        ? 'npm start, or docker compose up -d'
        : 'npm start, or set GATEWAY_STATE_DIR to the folder of the one you mean',
    },
  )
}
