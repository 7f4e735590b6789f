/**
 * Installs what services need and is not there yet.
 *
 * Into an empty folder, then renamed: what lies in its place is whole. Of several gateways one installs
 * and the others wait; what one of them left when it was killed is cleared away by the next.
 */

import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Services } from '../../../lib/catalogue/catalogue.ts'
import type { PackageInstall } from '../../../lib/catalogue/packages.ts'
import { serviceSwitch } from '../../../lib/catalogue/service-name.ts'
import { CliError } from '../../cli-error.ts'
import { Refusal, underLock } from '../../prepare.mjs'
import { someAtOnce } from '../../some-at-once.ts'
import { isInstalled } from './installed.ts'
import type { Installing } from './installing.ts'
import { installNpm } from './npm.ts'
import { installPython } from './python.ts'

/** Beyond it they wait for each other anyway. */
const AT_ONCE = 2

/**
 * Touches nothing when everything is there.
 * @throws CliError naming the service and what to do.
 */
export async function installPackages(services: Services, installing: Installing): Promise<void> {
  const wanted = new Map<string, { service: string; install: PackageInstall }>()
  for (const { name, install } of services.values()) {
    // Of services with the same pins one install serves.
    if (install !== undefined) wanted.set(install.folder, { service: name, install })
  }
  const work = [...wanted.values()].map(
    ({ service, install }) =>
      () =>
        installOne(service, install, installing),
  )
  await someAtOnce(work, AT_ONCE)
}

async function installOne(
  service: string,
  install: PackageInstall,
  installing: Installing,
): Promise<void> {
  if (await isInstalled(install, installing.environment)) return
  makeUsable(dirname(install.folder))
  const { environment, progress, signal } = installing
  const lock = `${install.folder}.lock`
  const waiting = (): void =>
    progress.note(`another gateway installs ${install.package} (${lock}): waiting for it …`)
  const work = async (): Promise<void> => {
    // Whoever held the lock before us has done the work.
    if (await isInstalled(install, environment)) return
    signal.throwIfAborted()
    await replaceFolder(service, install, installing)
  }
  try {
    await underLock(lock, waiting, work, signal)
  } catch (error) {
    throw error instanceof Refusal ? new CliError(error.message, { cause: error }) : error
  }
}

async function replaceFolder(
  service: string,
  install: PackageInstall,
  installing: Installing,
): Promise<void> {
  const { kind, folder } = install
  removeRemains(folder)
  const staging = mkdtempSync(`${folder}${STAGING}`)
  const target = join(staging, 'target')
  const task = installing.progress.begin(`installing ${service} (${install.package})`, staging)
  try {
    await (kind === 'pypi' ? installPython : installNpm)(install, target, installing)
    // What is there is of no use, or it would not be replaced.
    rmSync(folder, { recursive: true, force: true })
    renameSync(target, folder)
  } catch (error) {
    installing.signal.throwIfAborted()
    throw error instanceof CliError ? ofService(service, error) : error
  } finally {
    task.end()
    rmSync(staging, { recursive: true, force: true })
  }
  if (await isInstalled(install, installing.environment)) return
  throw new CliError(
    `${service}: ${install.package} has no program ${basename(install.program)}.`,
    {
      nextStep: 'name it with bin: in the definition of the service',
    },
  )
}

const STAGING = '.part-'

/** Of installs that were cut off; whoever holds the lock is alone here. */
function removeRemains(folder: string): void {
  const prefix = `${basename(folder)}${STAGING}`
  for (const name of readdirSync(dirname(folder))) {
    if (!name.startsWith(prefix)) continue
    rmSync(join(dirname(folder), name), { recursive: true, force: true })
  }
}

function makeUsable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    rmSync(mkdtempSync(join(folder, 'try-')), { recursive: true })
  } catch (cause) {
    throw new CliError(`Packages of services cannot be installed: ${folder} is not writable.`, {
      nextStep: 'set GATEWAY_PACKAGES_DIR to a folder of your own',
      cause,
    })
  }
}

function ofService(service: string, { message, nextStep, exitCode }: CliError): CliError {
  const instead = `or switch the service off (${serviceSwitch(service)}=false)`
  return new CliError(`${service}: ${message}`, {
    exitCode,
    nextStep: nextStep === undefined ? instead : `${nextStep}; ${instead}`,
  })
}
