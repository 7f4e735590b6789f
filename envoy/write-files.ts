/** Puts rendered files in place by a move, which is what Envoy watches for and what is never half done. */

import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The files hold the edge secret: nobody else may read them. */
export function writeFiles(folder: string, files: ReadonlyMap<string, object>): void {
  prepareFolder(folder)
  for (const [name, content] of files) {
    const [path, text] = [join(folder, name), toText(content)]
    if (readPlaced(path) !== text) putInPlace(path, text)
  }
}

export function prepareFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  chmodSync(folder, 0o700)
}

export function toText(content: object): string {
  return `${JSON.stringify(content, null, 2)}\n`
}

export function putInPlace(path: string, text: string): void {
  const coming = `${path}.new`
  writeFileSync(coming, text, { mode: 0o600 })
  renameSync(coming, path)
}

/** What lies there; undefined when nothing does. */
export function readPlaced(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not rendered yet.
    return undefined
  }
}
