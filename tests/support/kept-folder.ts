/** Folders in this account's cache that are made once, whole or not at all, and kept for next time. */

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { accountCache } from '../../lib/platform/account-cache.ts'

/**
 * The folder of that name, made by `make` where it is not there yet.
 *
 * @param make fills another folder, which takes its place when that has succeeded.
 * @throws whatever `make` throws.
 */
export async function keptFolder(
  name: string,
  make: (coming: string) => Promise<void>,
): Promise<string> {
  const folder = join(accountCache(process.env), name)
  if (existsSync(folder)) return folder
  const coming = `${folder}.${process.pid}`
  mkdirSync(dirname(folder), { recursive: true })
  try {
    await make(coming)
    renameSync(coming, folder)
  } catch (error) {
    rmSync(coming, { recursive: true, force: true })
    // Somebody else may have made it meanwhile.
    if (!existsSync(folder)) throw error
  }
  return folder
}
