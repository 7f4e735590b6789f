/** One at a time between processes, each waiting for its turn. */

import { setTimeout as sleep } from 'node:timers/promises'
import { CliError } from '../../cli-error.ts'
import { type FileLock, openFileLock } from '../../instance/file-lock.ts'

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

/** @throws CliError when another process holds the lock for longer than `patienceMs`. */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const lock = openFileLock(path)
  try {
    await take(lock, path, options)
    return await work()
  } finally {
    lock.close()
  }
}

async function take(
  lock: FileLock,
  path: string,
  { patienceMs = PATIENCE_MS, onWait, signal }: LockOptions,
): Promise<void> {
  const until = performance.now() + patienceMs
  for (let waits = 0; !lock.tryTake(); waits += 1) {
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
