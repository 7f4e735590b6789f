/** `gateway services test`: one of them, apart from everything that runs. */

import { Command } from 'commander'
import { CliError } from '../../cli-error.ts'
import type { CommandMaker, Context } from '../../context.ts'
import { prepareServices } from '../../embedded/packages/prepare-services.ts'
import { createProgress } from '../../embedded/progress.ts'
import { toolLines } from '../../servers/added-lines.ts'
import { requireService } from '../../servers/require-service.ts'
import { tryService } from '../../servers/try-service.ts'

const NOTES = `
A test starts the program on this machine, as you, with an empty folder of its own, or asks the remote server; it
initializes, lists the tools and ends. Nobody's sessions are touched, and the gateway need not run.
`

export const testCommand: CommandMaker = (context) =>
  new Command('test')
    .description('Start one as the gateway would, also one that is off, and list its tools.')
    .argument('<name>', 'of the service')
    .addHelpText('after', NOTES)
    .action((name: string) => testService(context(), name))

async function testService(context: Context, name: string): Promise<void> {
  const { environment, output, clock } = context
  const service = requireService(context, name)
  if (service.launch.kind === 'native') {
    throw new CliError(
      `${name} is served by the gateway itself: there is no program to be tried.`,
      {
        nextStep: 'start the gateway; gateway status tells where it is',
      },
    )
  }
  const progress = createProgress(output, clock)
  const { signal } = new AbortController()
  await prepareServices(new Map([[name, service]]), { environment, progress, signal })
  const trial = await tryService(service, environment)
  output.result({ name, ...trial }, () => toolLines(name, trial))
}
