/** Installs a package from npm as its lock says, apart from the project's own packages. */

import { copyFileSync, mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type PackageInstall, PIN_FILES } from '../../../lib/catalogue/packages.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import { CliError } from '../../cli-error.ts'
import { explainFailure, findMissing } from '../../prepare.mjs'
import { runQuietly } from '../run-quietly.ts'
import { INSTALL_MS_MAX, type Installing } from './installing.ts'

/**
 * Not `npm ci`: it refuses a lock that lacks builds for other platforms. What is there afterwards is
 * compared with the lock instead.
 */
const ARGUMENTS = [
  'install',
  '--no-save',
  '--omit=dev',
  // Programs of strangers, run at install: nothing that we bring along needs them.
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
  // The defaults wait for minutes when there is no network.
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=10000',
] as const

/** Browsers are the machine's own. */
const SETTINGS = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1', PUPPETEER_SKIP_DOWNLOAD: '1' }

/**
 * Into `target`, an empty place.
 * @throws CliError saying why it failed.
 */
export async function installNpm(
  { package: name, pins }: PackageInstall,
  target: string,
  { environment, signal }: Installing,
): Promise<void> {
  mkdirSync(target)
  for (const file of PIN_FILES.npm) copyFileSync(join(pins, file), join(target, file))
  const run = await runQuietly(
    [...npmCommand(environment), ...ARGUMENTS, '--prefix', target],
    { ...environment, ...SETTINGS },
    { timeoutMs: INSTALL_MS_MAX, signal, cwd: target },
  )
  if (run.exitCode === undefined) throw failed(name, 'npm took too long or could not be started')
  if (run.exitCode !== 0) throw failed(name, explainFailure(target, run.stderr))
  const missing = findMissing(target, { development: false })
  if (missing !== undefined) throw failed(name, `${missing} after npm install`)
}

/** The npm that started us, if one did; it may not be on PATH. */
function npmCommand(environment: Environment): [string, ...string[]] {
  const own = environment['npm_execpath'] ?? ''
  return basename(own) === 'npm-cli.js' ? [process.execPath, own] : ['npm']
}

function failed(name: string, reason: string): CliError {
  return new CliError(`${name} could not be installed: ${reason}`, {
    nextStep: 'see to that and start again',
  })
}
