/** What a start leaves behind goes before the first request: a sixth of a room's memory, for some 30 ms once. */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

interface Collection {
  readonly type: 'major'
  readonly execution: 'sync'
  /** `last-resort` also moves what lives together, and gives the emptied pages back. */
  readonly flavor: 'last-resort'
}

type Collect = (collection: Collection) => void

/**
 * Modules are compiled and settings judged once, and V8, which sizes its heap after what it has seen, would keep room
 * for as much again. For a moment only: nobody else is to find the function that does it.
 */
export function releaseStartUpMemory(): void {
  setFlagsFromString('--expose-gc')
  try {
    const collect: Collect = runInNewContext('gc')
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
  } finally {
    setFlagsFromString('--no-expose-gc')
  }
}
