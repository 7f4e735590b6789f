/** Whether a package lies where it is looked for, whole and fit to be run. */

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { PackageInstall } from '../../../lib/catalogue/packages.ts'
import type { Environment } from '../../../lib/platform/environment.ts'
import { isOurs } from '../is-ours.ts'
import { runQuietly } from '../run-quietly.ts'

const VERSION_MS_MAX = 20_000

export async function isInstalled(
  { kind, folder, program }: PackageInstall,
  environment: Environment,
): Promise<boolean> {
  if (!isOurs(folder) || !isFile(program)) return false
  return kind === 'npm' || (await fitsItsPython(folder, environment))
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true
}

/** The machine's Python may have been taken away, or become another one, since. */
async function fitsItsPython(folder: string, environment: Environment): Promise<boolean> {
  const python = join(folder, 'bin/python')
  const options = { timeoutMs: VERSION_MS_MAX }
  const { stdout } = await runQuietly([python, '--version'], environment, options)
  const [, version] = /^Python (\d+\.\d+)/.exec(stdout) ?? []
  return readdirSync(join(folder, 'lib')).includes(`python${version}`)
}
