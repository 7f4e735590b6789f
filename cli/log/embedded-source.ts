/** The log files of a gateway on this machine, the rotated ones first. */

import { createReadStream } from 'node:fs'
import { linesOf } from './lines.ts'
import { type LogRecord, recordsOf } from './log-record.ts'
import type { LogSource } from './log-source.ts'
import { followLog, type Position, positionOf } from './read-log.ts'

/** @param paths newest first. */
export function embeddedSource(paths: readonly string[]): LogSource {
  const [newest = '', older = ''] = paths
  let end: Position | undefined
  return {
    async *records() {
      // Noted first: what is written while the older files are read comes once, by `follow`.
      end = positionOf(newest)
      for (const path of paths.toReversed()) {
        yield* readRecords(path, path === newest ? end?.bytes : undefined)
      }
    },
    async *follow() {
      yield* recordsOf(followLog([newest, older], end ?? positionOf(newest) ?? BEGINNING))
    },
  }
}

const BEGINNING: Position = { inode: 0, bytes: 0 }

/** @param bytes so far and no farther. */
async function* readRecords(path: string, bytes?: number): AsyncIterable<LogRecord> {
  if (bytes === 0) return
  const stream = createReadStream(path, bytes === undefined ? {} : { end: bytes - 1 })
  try {
    yield* recordsOf(linesOf(stream))
  } catch (error) {
    // Never rotated so far, or just now.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
}
