/** The state directory: ours alone, and written so that a crash leaves either the old or the new. */

import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { CliError } from '../cli-error.ts'

/** Makes the directory, 0700. */
export function prepareStateDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
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

/** Writes `path` as a whole, 0600. */
export function writeWhole(path: string, content: string): void {
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, content, { mode: 0o600, flush: true })
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}
