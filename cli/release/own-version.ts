/** The release that lies on the disk: which a running gateway was perhaps not started from. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @param root the folder that holds the rooms' folders. */
export function ownVersion(root: string): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
