/** A file that tells how things are: a disk that is full or read-only for a while ends nobody who keeps one. */

import type { Log } from '../lib/platform/log.ts'
import { writeWhole } from '../lib/platform/whole-file.ts'

const RETRY_MS = 5000

/** @returns what writes it as things are then; where that cannot be, again and again until it can. */
export function keptFile(path: string, toText: () => string, log: Log): () => void {
  let fault: string | undefined
  let timer: NodeJS.Timeout | undefined
  return function write() {
    clearTimeout(timer)
    const before = fault
    fault = faultOf(() => writeWhole(path, toText()))
    if (fault === undefined) return
    timer = setTimeout(write, RETRY_MS).unref()
    if (fault !== before) log.error({ file: path, fault }, 'a file cannot be written for now')
  }
}

function faultOf(work: () => void): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}
