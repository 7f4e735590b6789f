/** Commands of services that are not there: a note, since whoever starts the gateway may install them yet. */

import type { Services } from '../../../lib/catalogue/catalogue.ts'
import { serviceSwitch } from '../../../lib/catalogue/service-name.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import { findOnPath, isExecutable } from '../../../lib/platform/find-on-path.ts'

/** One line for each service that could not be started as things are. */
export function missingCommands(services: Services, environment: Environment): string[] {
  return [...services.values()].flatMap(({ name, launch, install, runner }) => {
    // A package of ours brings its command along, and what runs elsewhere finds its own there.
    if (launch.kind !== 'stdio' || install !== undefined || runner !== undefined) return []
    const { command, env } = launch
    if (isThere(command, { ...environment, ...env })) return []
    return [
      `${name} cannot be started: its command ${command} is not there; install it, or switch the service off (${serviceSwitch(name)}=false)`,
    ]
  })
}

function isThere(command: string, environment: Environment): boolean {
  // Of a template nothing is known before the launch.
  if (command.includes('${') || environment['PATH']?.includes('${')) return true
  return command.includes('/')
    ? isExecutable(command)
    : findOnPath(command, environment) !== undefined
}
