/** The state directory: ours alone. */

import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { CliError } from '../cli-error.ts'

/** Makes the directory, 0700. */
export function prepareStateDirectory(path: string): void {
  try {
    makeFolder(path)
    chmodSync(path, 0o700)
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new CliError(`The state directory ${path} cannot be written (${reason}).`, {
      nextStep: 'GATEWAY_STATE_DIR=<a folder of your own> npm start',
      cause,
    })
  }
}

/** Node's own way of making all of them never ends below /proc, and says ENOENT where a file system is read-only. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
    const parent = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || existsSync(parent)) throw error
    makeFolder(parent)
    makeFolder(path)
  }
}

/**
 * Before it is said that no gateway runs: in a folder of another account nobody can see whether one does.
 * @throws CliError when it is there and cannot be looked into.
 */
export function requireOpenState(path: string): void {
  try {
    accessSync(path, constants.R_OK | constants.X_OK)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EACCES') return
    throw new CliError(`The state directory ${path} is of another account.`, {
      nextStep: 'ask as the account that starts the gateway, e.g. with sudo -u',
      cause,
    })
  }
}
