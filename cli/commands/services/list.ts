/** `gateway services list`: every service that is defined. */

import { Command } from 'commander'
import type { CommandMaker, Context } from '../../context.ts'
import { npmPins, pythonPins } from '../../outdated/pins.ts'
import { toTable } from '../../output.ts'
import { readConfigurationAgain } from '../../start/configuration.ts'
import { toServiceRows } from '../../status/service-table.ts'

export const listCommand: CommandMaker = (context) =>
  new Command('list')
    .description('Print every service: on or off, what it is, and what it may reach.')
    .action(() => listServices(context()))

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
