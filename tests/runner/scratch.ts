/** Where tests put their files: one that is killed, or forgets some, leaves nothing on the machine. */

import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Scratch {
  readonly folder: string
  remove(): void
}

export function createScratch(): Scratch {
  // Short, because paths of sockets are.
  const folder = mkdtempSync(join(tmpdir(), 't-'))
  // As /tmp itself: some tests act as other accounts.
  chmodSync(folder, 0o1777)
  return {
    folder,
    remove() {
      try {
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      } catch (error) {
        // Somebody still writes there: no reason to fail what has passed.
        console.error(`${folder} could not be removed: ${String(error)}`)
      }
    },
  }
}
