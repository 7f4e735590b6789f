/** In a container a command starts as root, and goes on as whoever owns the folder: so that files are theirs. */

import { accessSync, constants, statSync } from 'node:fs'

/**
 * Does nothing unless this is root in somebody else's folder.
 *
 * @param folder an absolute path: without capabilities not even root may look into a folder of 0700 by `.`.
 */
export function becomeOwnerOf(folder: string): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(folder)
  if (uid === 0) return
  process.setgroups?.([])
  process.setgid?.(gid)
  process.setuid?.(uid)
}

/** For whoever only reads: a root that may read anyway stays who it is, and may ask Docker. */
export function becomeOwnerToRead(path: string, folder: string): void {
  try {
    accessSync(path, constants.R_OK)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') becomeOwnerOf(folder)
  }
}
