/** `gateway rebuild`: what is installed, or the images, become what the code wants; what runs, runs on them. */

import { Command } from 'commander'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { confirm, YES_OPTION } from '../confirm.ts'
import type { CommandMaker, Context } from '../context.ts'
import { runCompose } from '../docker/run-compose.ts'
import { untilReady } from '../docker/until-ready.ts'
import { rebuildEmbedded } from '../embedded/rebuild.ts'
import { type FoundGateway, findRunning } from '../instance/find-running.ts'
import { restartEmbedded } from '../instance/restart.ts'
import { parseContainers } from '../status/compose-ps.ts'
import { isUp } from '../status/compose-status.ts'
import { type DockerCompose, findDockerCompose } from '../status/docker-compose.ts'

const NOTES = `
After a git pull, or when something that is installed is damaged. Without containers: packages of npm, Envoy and Valkey,
and the packages of services are installed where they are missing or of another version; a gateway that runs is restarted.
With containers that run, or --compose: images are built, and containers with a newer one are replaced.

  $ git pull && gateway rebuild
  $ gateway rebuild --force --yes          also what is there is fetched again
  $ gateway rebuild --compose mcp-bridge   one image
`

interface RebuildOptions {
  readonly compose?: true
  readonly force?: true
  readonly yes?: true
}

export const rebuildCommand: CommandMaker = (context) =>
  new Command('rebuild')
    .description('Install, or build, what the code wants; restart what runs.')
    .argument('[containers...]', 'of compose.yaml; all of them otherwise')
    .option('--compose', 'images, also where no container runs: then nothing is started')
    .option('--force', 'anew, also what is there: packages again, images without cache')
    .option(...YES_OPTION)
    .addHelpText('after', NOTES)
    .action((containers: string[], options: RebuildOptions) =>
      rebuild(context(), containers, options),
    )

async function rebuild(
  context: Context,
  containers: readonly string[],
  { compose, force, yes }: RebuildOptions,
): Promise<void> {
  const found = await findRunning(context)
  if (compose || found?.kind === 'compose')
    return await rebuildImages(context, containers, force === true)
  if (containers.length > 0) {
    throw new CliError('Only containers are built one by one, and none is there.', {
      exitCode: EXIT_CODE.usage,
      nextStep: 'gateway rebuild, or gateway rebuild --compose with their names',
    })
  }
  // Every gateway of this account has them from the same place.
  if (force)
    await confirm(context, yes, 'Fetch again what other gateways of this account use, too?')
  await rebuildHere(context, found, force === true)
}

async function rebuildHere(
  context: Context,
  found: FoundGateway | undefined,
  force: boolean,
): Promise<void> {
  const done = await rebuildEmbedded(context, force)
  const isRunning = found?.kind === 'embedded'
  if (isRunning) await restartEmbedded(context, found.running, undefined)
  context.output.result({ kind: 'embedded', done, restarted: isRunning }, () => [
    ...(done.length === 0 ? ['Everything that is wanted was there already.'] : done),
    isRunning ? `restarted ${found.running.status.public_url}` : 'No gateway runs here: npm start',
  ])
}

async function rebuildImages(
  context: Context,
  containers: readonly string[],
  force: boolean,
): Promise<void> {
  const compose = await requireCompose(context)
  await runCompose(context, ['build', ...(force ? ['--no-cache'] : []), ...containers])
  const built = containers.length === 0 ? await compose.services() : containers
  // Images may be wanted where nobody wants them to run.
  const isRunning = isUp({ parts: parseContainers(await compose.ps()) })
  if (isRunning) {
    await runCompose(context, ['up', '--detach', '--no-build', ...containers])
    await untilReady(context, compose)
  }
  context.output.result({ kind: 'compose', built, restarted: isRunning }, () =>
    isRunning
      ? [`built, running and well: ${built.join(', ')}`]
      : [`built: ${built.join(', ')}`, 'No container runs: docker compose up -d'],
  )
}

async function requireCompose({ workingDirectory, environment }: Context): Promise<DockerCompose> {
  const compose = await findDockerCompose(workingDirectory, environment)
  if (compose !== undefined) return compose
  throw new CliError('There is no compose.yaml here, or no Docker that answers.', {
    nextStep: 'run it in the folder of compose.yaml; docker info says whether the engine answers',
  })
}
