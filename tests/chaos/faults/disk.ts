/** A disk of the store's own, small enough to be full at once. */

import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Far more than the store writes in a run. */
const DISK_BYTES = 512 * 1024 * 1024
const CHUNK = Buffer.alloc(1024 * 1024, 1)

export interface SmallDisk {
  fill(): void
  /** There is room again. */
  relieve(): void
  /** Once nobody uses it. */
  unmount(): void
}

/** @returns why it cannot be done here, where it cannot. */
export function mountDisk(folder: string): SmallDisk | string {
  if (process.platform !== 'linux') return 'a disk of its own can be made on Linux alone'
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const options = `size=${DISK_BYTES},mode=0700`
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  if (status !== 0) return 'needs to be allowed to mount: run it as root'
  const filler = join(folder, 'filler')
  return {
    fill: () => fill(filler),
    relieve: () => rmSync(filler, { force: true }),
    unmount: () => void spawnSync('umount', ['-l', folder]),
  }
}

/** To the last byte. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  let size = CHUNK.length
  try {
    while (size > 0) size = writeAsMuch(file, size)
  } finally {
    closeSync(file)
  }
}

/** @returns what to try next: less, where so much did not fit. */
function writeAsMuch(file: number, size: number): number {
  try {
    writeSync(file, CHUNK, 0, size)
    return size
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    return Math.floor(size / 2)
  }
}
