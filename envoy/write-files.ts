/** Puts rendered files in place by a move, which is what Envoy watches for and what is never half done. */

import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files hold the edge secret: nobody else may read them. */
export function writeFiles(folder: string, files: ReadonlyMap<string, object>): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
  for (const [name, content] of files) {
    const path = join(folder, name)
    const coming = `${path}.new`
    writeFileSync(coming, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
    renameSync(coming, path)
  }
}
