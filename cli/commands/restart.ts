/** `gateway restart`: everything, or one part, with nobody logged out. */

import { Command } from 'commander'
import { shippedNames } from '../../lib/catalogue/catalogue.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import { requireFaultless } from '../configuration/require-faultless.ts'
import type { CommandMaker, Context } from '../context.ts'
import { runCompose } from '../docker/run-compose.ts'
import { untilReady } from '../docker/until-ready.ts'
import { type FoundGateway, requireRunning } from '../instance/find-running.ts'
import { roomOf } from '../instance/part-names.ts'
import { restartEmbedded } from '../instance/restart.ts'

const NOTES = `
Without a part everything ends and starts again, in the terminal or service that started it, with what .env and
gateway.yaml say now; what would be refused is refused before anything ends. A part is restarted process by process, with
the settings it had. Nobody has to log in again, whichever it is.

  $ gateway restart
  $ gateway restart ext-authz        one process after the other: requests go on
  $ gateway restart mcp-bridge       ends the processes of services, too
  $ gateway restart memory           beside docker compose: the container of a service
`

export const restartCommand: CommandMaker = (context) =>
  new Command('restart')
    .description('Start everything anew, or one part, and wait until it serves.')
    .argument('[part]', 'a part, one process of it (ext-authz-1), or a container')
    .addHelpText('after', NOTES)
    .action((part: string | undefined) => restart(context(), part))

async function restart(context: Context, part: string | undefined): Promise<void> {
  const found = await requireRunning(context)
  const restarted =
    found.kind === 'embedded'
      ? await restartEmbedded(context, found.running, part)
      : await restartContainers(context, found, part)
  context.output.result({ restarted }, () => [
    `restarted and serving: ${restarted.map(({ name }) => name).join(', ')}`,
  ])
}

type Compose = Extract<FoundGateway, { kind: 'compose' }>

async function restartContainers(
  context: Context,
  { compose, containers }: Compose,
  part: string | undefined,
): Promise<readonly { name: string }[]> {
  const names = [...new Set(containers.map(({ name }) => name))]
  if (part === undefined) {
    requireFaultless(context)
    await runCompose(context, ['restart'])
    // What `.env` says now; nothing where it says the same.
    await runCompose(context, ['up', '--detach', '--no-build'])
    await untilReady(context, compose)
    return names.map((name) => ({ name }))
  }
  const name = toContainer(part, names)
  await runCompose(context, ['restart', name])
  await untilReady(context, compose, name)
  return [{ name }]
}

/** In containers each room is one process, and a service without a container of its own runs in `own`. */
function toContainer(part: string, names: readonly string[]): string {
  const found = [part, roomOf(part)].find((name) => names.includes(name))
  if (found !== undefined) return found
  const isOff = shippedNames().has(part)
  throw new CliError(isOff ? `${part} is off: it has no container.` : `No container ${part}.`, {
    exitCode: EXIT_CODE.usage,
    nextStep: isOff ? `gateway services enable ${part}` : `one of ${names.join(', ')}`,
  })
}
