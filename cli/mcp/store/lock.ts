/**
 * One at a time between processes. The lock is SQLite's on an empty file: the kernel holds it, so that
 * it ends with its process, however that ends, and there is no stale lock to take over.
 */

import { closeSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../../cli-error.ts'

export interface LockOptions {
  /** Milliseconds to wait for whoever holds it. */
  readonly patienceMs?: number
  /** Called once when there is something to wait for. */
  readonly onWait?: () => void
  /** Ends the waiting. */
  readonly signal?: AbortSignal | undefined
}

const PATIENCE_MS = 60_000
const RETRY_MS = 50
const SQLITE_BUSY = 5

/** @throws CliError when another process holds the lock for longer than `patienceMs`. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  // SQLite would make it readable by others.
  closeSync(openSync(path, 'a', 0o600))
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    await take(lock, path, options)
    return await work()
  } finally {
    lock.close()
  }
}

async function take(
  lock: DatabaseSync,
  path: string,
  { patienceMs = PATIENCE_MS, onWait, signal }: LockOptions,
): Promise<void> {
  const until = performance.now() + patienceMs
  for (let waits = 0; !tryTake(lock); waits += 1) {
    if (waits === 0) onWait?.()
    if (signal?.aborted === true)
      throw new CliError('The login was given up while another one went on.')
    if (performance.now() > until) {
      throw new CliError(`Another process holds ${path} for more than ${patienceMs / 1000} s.`, {
        nextStep: 'end it (fuser shows which one it is), then try again',
      })
    }
    await sleep(RETRY_MS)
  }
}

function tryTake(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return false
    throw error
  }
}
