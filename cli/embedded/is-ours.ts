/** Whether what lies in a folder was put there by us, or by root: somebody else's program is not run. */

import { lstatSync } from 'node:fs'

export function isOurs(folder: string): boolean {
  try {
    const owner = lstatSync(folder).uid
    return owner === process.getuid?.() || owner === 0
  } catch {
    // Not there.
    return false
  }
}
