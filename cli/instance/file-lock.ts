/**
 * One at a time between processes. The lock is SQLite's on an empty file: the kernel holds it, so that
 * it ends with its process, however that ends, and there is no stale lock to take over.
 */

import { accessSync, closeSync, constants, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

export interface FileLock {
  /** False while another process, or another lock of this one, holds it. Never waits. */
  tryTake(): boolean
  /** Releases it, if taken. The file stays: whoever removed it would let two hold what bears its name. */
  close(): void
}

const SQLITE_BUSY = 5

/** @param path of the lock alone; made 0600 where it is absent. @throws ErrnoException for one of another account. */
export function openFileLock(path: string): FileLock {
  makePrivate(path)
  // SQLite would not say which file.
  accessSync(path, constants.R_OK | constants.W_OK)
  const database = new DatabaseSync(path, { timeout: 0 })
  return {
    tryTake() {
      try {
        database.exec('BEGIN EXCLUSIVE')
        return true
      } catch (error) {
        if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false
        throw error
      }
    },
    close: () => database.close(),
  }
}

/**
 * SQLite would make it readable by others. One that is there is not opened: closing any descriptor of a file gives up
 * all locks that its process holds on it (POSIX fcntl).
 */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
