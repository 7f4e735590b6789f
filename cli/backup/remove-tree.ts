/** Folders of services may be read-only, even for their owner: moved and removed all the same. */

import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

const OWNER_ALL = 0o700
const MODE_BITS = 0o7777

/** @throws Error when something remains. */
export async function removeTree(path: string): Promise<void> {
  // Whatever cannot be opened up is told by `rm` itself.
  await openUp(path).catch(() => {})
  await rm(path, { recursive: true, force: true })
}

async function openUp(path: string): Promise<void> {
  // Of a link the mode is that of what it leads to.
  if (!(await lstat(path)).isDirectory()) return
  await chmod(path, OWNER_ALL)
  for (const one of await readdir(path, { withFileTypes: true })) {
    if (one.isDirectory()) await openUp(join(path, one.name)).catch(() => {})
  }
}

/** To another folder: of a folder that takes the right to write in it. Its mode stays, unless we are killed meanwhile. */
export async function moveTo(from: string, to: string): Promise<void> {
  const found = await lstat(from)
  const mode = found.mode & MODE_BITS
  const isClosed = found.isDirectory() && (mode & 0o200) === 0
  if (isClosed) await chmod(from, mode | OWNER_ALL)
  await rename(from, to)
  if (isClosed) await chmod(to, mode)
}
