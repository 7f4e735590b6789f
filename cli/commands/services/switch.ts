/** `gateway services enable` and `disable`. */

import { Command } from 'commander'
import { CliError } from '../../cli-error.ts'
import type { CommandMaker, Context } from '../../context.ts'
import { followedLines } from '../../servers/follow.ts'
import { type Switched, switchService } from '../../servers/switch-service.ts'

const NOTES = `
It is written into gateway.yaml, and a running gateway takes it up within seconds: what others do there goes on. Where
MCP_<SERVICE>_ENABLED stands in .env, or Docker Compose has a container for the service, it is written there, since that
wins over the file; it counts from the next start.

  $ gateway services enable time
  $ gateway services disable memory
  $ gateway services enable fetch --env      into .env, also where nothing runs
`

type Verb = 'enable' | 'disable'

export const enableCommand: CommandMaker = (context) =>
  makeSwitch('enable', 'Serve one that is off. What it needs is installed first.', context)

export const disableCommand: CommandMaker = (context) =>
  makeSwitch('disable', 'Serve one no more: its sessions end, its data stays.', context)

function makeSwitch(verb: Verb, description: string, context: () => Context): Command {
  return new Command(verb)
    .description(description)
    .argument('<name>', 'of the service')
    .option('--env', 'write .env instead of gateway.yaml')
    .addHelpText('after', NOTES)
    .action(async (name: string, { env }: { readonly env?: true }) => {
      const switched = await switchService(context(), name, {
        enabled: verb === 'enable',
        toEnvFile: env === true,
      })
      show(context(), switched)
    })
}

function show({ output }: Context, switched: Switched): void {
  const { name, enabled, written, variable, followed, takesEffect } = switched
  const gateway = followed?.state ?? null
  const value = { name, enabled, written, variable, gateway, takes_effect: takesEffect ?? null }
  output.result(value, () => lines(switched))
  if (followed?.state !== 'refused' && followed?.state !== 'overruled') return
  throw new CliError(`${name} is ${word(enabled)} in ${written}, and not in the running gateway.`)
}

function word(enabled: boolean): string {
  return enabled ? 'on' : 'off'
}

function lines({ name, enabled, written, url, followed, takesEffect }: Switched): string[] {
  if (written === null) return [`${name} is ${word(enabled)} already; nothing was written.`]
  return [
    `${name} is ${word(enabled)} in ${written}.`,
    ...(followed === undefined ? [] : followedLines(followed)),
    ...(takesEffect === undefined ? [] : [`It takes effect with: ${takesEffect}`]),
    ...(enabled ? [`${name}  ${url}`] : []),
  ]
}
