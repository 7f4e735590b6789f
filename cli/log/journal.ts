/** The merged log: all of it into the file, what the level lets through onto the terminal. */

import type { LogLevel } from '../../lib/platform/environment.ts'
import type { Output } from '../output.ts'
import { type LogFile, toJsonLine } from './log-file.ts'
import { isAtLeastLevel, type LogRecord } from './log-record.ts'
import { toTerminalLine } from './terminal-line.ts'

export interface Journal {
  write(record: LogRecord): void
  /** The last records of one part, for when it fails. */
  last(name: string): readonly LogRecord[]
  /** Until called, the terminal shows progress and errors only. */
  showAll(): void
}

const KEPT = 25

/** Unsent bytes from which on lines are dropped: a reader that stopped must not fill our memory. The file has them. */
const BACKLOG_BYTES_MAX = 1_000_000

export function createJournal(file: LogFile, output: Output, level: LogLevel): Journal {
  const kept = new Map<string, LogRecord[]>()
  let threshold: LogLevel | undefined
  return {
    write(record) {
      file.write(record)
      kept.set(record.name, [...(kept.get(record.name) ?? []), record].slice(-KEPT))
      if (threshold === undefined || !isAtLeastLevel(record.level, threshold)) return
      if (output.stdout.writableLength < BACKLOG_BYTES_MAX) {
        output.line(output.json ? toJsonLine(record) : toTerminalLine(record, output.colour))
      }
    },
    last: (name) => kept.get(name) ?? [],
    showAll() {
      threshold = level
    },
  }
}
