/** Before services may be served: the machine's own programs are looked for, packages are installed. */

import type { Services } from '../../../lib/catalogue/catalogue.ts'
import { serviceSwitch } from '../../../lib/catalogue/service-name.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import { findChromium } from '../../../lib/platform/find-chromium.ts'
import { findOnPath } from '../../../lib/platform/find-on-path.ts'
import { CliError } from '../../cli-error.ts'
import { installPackages } from './install-packages.ts'
import type { Installing } from './installing.ts'
import { missingCommands } from './missing-commands.ts'

/** @throws CliError naming the service and what to do. */
export async function prepareServices(services: Services, installing: Installing): Promise<void> {
  requirePrograms(services, installing.environment)
  for (const note of missingCommands(services, installing.environment)) {
    installing.progress.note(note, 'warn')
  }
  await installPackages(services, installing)
}

/** What runs elsewhere finds its programs there. */
function requirePrograms(services: Services, environment: Environment): void {
  for (const { name, requires, runner } of services.values()) {
    if (runner !== undefined) continue
    const missing = requires.filter((program) => !isThere(program, environment))
    if (missing.length === 0) continue
    const programs = missing.join(', ')
    const install = missing.includes(BROWSER) ? `${programs} (or set CHROMIUM_BIN)` : programs
    throw new CliError(`${name}: what it needs is not on PATH: ${programs}.`, {
      nextStep: `install ${install}, or switch the service off (${serviceSwitch(name)}=false)`,
    })
  }
}

const BROWSER = 'chromium'

/** The browser has several names, and an operator's variable. */
function isThere(program: string, environment: Environment): boolean {
  if (program !== BROWSER) return findOnPath(program, environment) !== undefined
  try {
    return findChromium(environment) !== ''
  } catch {
    // The guard would say the same, once somebody has come.
    return false
  }
}
