/** `<state>/logs/gateway.log`: every record as a JSON line, rotated by size, so bounded. */

import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { toJsonRow } from '../output.ts'
import type { LogRecord } from './log-record.ts'

const FILE_BYTES_MAX = 10_000_000
/** The file in use and the ones before it. */
const FILES = 3

export interface LogFile {
  write(record: LogRecord): void
  close(): void
}

export function logFolder(stateDirectory: string): string {
  return join(stateDirectory, 'logs')
}

/** Newest first: `gateway.log`, `gateway.log.1`, … */
export function logPaths(stateDirectory: string): string[] {
  const path = join(logFolder(stateDirectory), 'gateway.log')
  return Array.from({ length: FILES }, (_, index) => (index === 0 ? path : `${path}.${index}`))
}

export function openLogFile(stateDirectory: string, bytesMax = FILE_BYTES_MAX): LogFile {
  mkdirSync(logFolder(stateDirectory), { recursive: true, mode: 0o700 })
  const paths = logPaths(stateDirectory)
  const open = (): number => openSync(paths[0] ?? '', 'a', 0o600)
  let file = open()
  let bytes = fstatSync(file).size
  return {
    write(record) {
      const line = Buffer.from(`${toJsonLine(record)}\n`)
      try {
        if (bytes > 0 && bytes + line.length > bytesMax) {
          closeSync(file)
          rotate(paths)
          file = open()
          bytes = 0
        }
        bytes += writeSync(file, line)
      } catch {
        // A full disk must not stop the gateway; the terminal still shows the line.
      }
    },
    close: () => closeSync(file),
  }
}

export function toJsonLine({ fields, ...record }: LogRecord): string {
  return toJsonRow({ ...record, ...fields })
}

function rotate(paths: readonly string[]): void {
  for (let index = paths.length - 1; index > 0; index -= 1) {
    try {
      renameSync(paths[index - 1] ?? '', paths[index] ?? '')
    } catch {
      // Not there yet.
    }
  }
}
