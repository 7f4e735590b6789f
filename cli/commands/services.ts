/** `gateway services`: which there are, and whether one works. */

import { Command } from 'commander'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import type { Service } from '../../lib/catalogue/service.ts'
import { serviceSwitch } from '../../lib/catalogue/service-name.ts'
import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { CommandMaker, Context } from '../context.ts'
import { prepareServices } from '../embedded/packages/prepare-services.ts'
import { createProgress } from '../embedded/progress.ts'
import { npmPins, pythonPins } from '../outdated/pins.ts'
import { toTable } from '../output.ts'
import { toolLines } from '../servers/added-lines.ts'
import { tryService } from '../servers/try-service.ts'
import { readConfigurationAgain } from '../start/configuration.ts'
import { toServiceRows } from '../status/service-table.ts'

const NOTES = `
A test starts the program on this machine, as you, with an empty folder of its own, or asks the remote server; it
initializes, lists the tools and ends. Nobody's sessions are touched, and the gateway need not run.
`

export const servicesCommand: CommandMaker = (context) =>
  new Command('services')
    .description('List the services, or test one.')
    .addCommand(
      new Command('list')
        .description('Print every service: on or off, what it is, and what it may reach.')
        .action(() => listServices(context())),
      { isDefault: true },
    )
    .addCommand(
      new Command('test')
        .description('Start one as the gateway would, also one that is off, and list its tools.')
        .argument('<name>', 'of the service')
        .addHelpText('after', NOTES)
        .action((name: string) => testService(context(), name)),
    )

function listServices({ environment, workingDirectory, rooms, output }: Context): void {
  const gateway = readConfigurationAgain({ environment, workingDirectory })
  const pins = [...[...npmPins(rooms).values()].flat(), ...pythonPins(rooms)]
  const rows = toServiceRows(gateway, pins)
  output.result(rows, () =>
    toTable([
      ['SERVICE', 'ON', 'KIND', 'WHAT', 'VERSION', 'SHARED BY', 'NETWORK', 'DESCRIPTION'],
      ...rows.map((row) => [
        row.name,
        row.on ? 'on' : 'off',
        row.kind,
        row.what,
        row.version ?? '-',
        row.isolation,
        row.network,
        row.description,
      ]),
    ]),
  )
}

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

/** Also one that is off: as it would be. */
function requireService({ environment, workingDirectory }: Context, name: string): Service {
  const on = { ...environment, [serviceSwitch(name)]: 'true' }
  const gateway: Gateway = readConfigurationAgain({ environment: on, workingDirectory })
  const service = gateway.services.get(name)
  if (service !== undefined) return service
  throw new CliError(`There is no service "${name}".`, {
    exitCode: EXIT_CODE.usage,
    nextStep: 'gateway services',
  })
}
