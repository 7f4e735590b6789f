/** Writing a file so that a crash, or a reader at that moment, meets either the old one or the new. */

import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/** Writes `path` as a whole; for its owner alone unless `mode` says more. */
export function writeWhole(path: string, content: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, content, { mode, flush: true })
    // Whatever the umask says.
    chmodSync(draft, mode)
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}
