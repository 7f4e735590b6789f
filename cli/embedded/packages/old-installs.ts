/** Installs of packages that no service here uses, in the folder that all gateways of an account share. */

import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Services } from '../../../lib/catalogue/catalogue.ts'
import type { Context } from '../../context.ts'
import { readConfigurationAgain } from '../../start/configuration.ts'

/** An install is named after its package and what it was pinned to. */
const NAME = /-[0-9a-f]{16}$/

/** Absolute paths. Another gateway may use some: those that were made lately stay. @param before epoch ms. */
export function oldInstalls(
  { environment, workingDirectory }: Pick<Context, 'environment' | 'workingDirectory'>,
  before: number,
): string[] {
  const { services } = readConfigurationAgain({ environment, workingDirectory })
  const used = installFolders(services)
  const folders = new Set(used.map((folder) => dirname(folder)))
  const names = new Set(used.map((folder) => basename(folder)))
  return [...folders].flatMap((folder) => {
    // Nothing is installed there yet.
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .filter((name) => NAME.test(name) && !names.has(name))
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).mtimeMs < before)
  })
}

/** Those that these services use. */
export function installFolders(services: Services): string[] {
  return [...services.values()].flatMap(({ install }) => install?.folder ?? [])
}

/** What was removed by mistake is fetched again at the next start that wants it. */
export function removeInstalls(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { recursive: true, force: true })
}
