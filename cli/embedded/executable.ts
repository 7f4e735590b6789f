/** Whether a path is a program this account may run. */

import { accessSync, constants, statSync } from 'node:fs'

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    // Absent, or not for us: the next place may have it.
    return false
  }
}
