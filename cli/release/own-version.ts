/** The release that lies on the disk: which a running gateway was perhaps not started from. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The project's folder. */
export const PROJECT = join(import.meta.dirname, '../..')

export function ownVersion(): string {
  const text = readFileSync(join(PROJECT, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
