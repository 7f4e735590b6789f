/** Reads the log file back: its last lines across rotated files, and what comes after them. */

import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Up to where the newest file was read. */
export interface Position {
  readonly inode: number
  readonly bytes: number
}

/** The last `count` lines that `matches`, oldest first; undefined when there is no log at all. */
export function readLastLines(
  paths: readonly string[],
  count: number,
  matches: (line: string) => boolean,
): { lines: string[]; position: Position } | undefined {
  const newest = readFrom(paths[0] ?? '', undefined)
  if (newest === undefined) return undefined
  let lines = newest.lines.filter(matches)
  for (const path of paths.slice(1)) {
    if (lines.length >= count) break
    lines = [...readOlder(path).filter(matches), ...lines]
  }
  return { lines: count === 0 ? [] : lines.slice(-count), position: newest.position }
}

function readOlder(path: string): string[] {
  try {
    return toLines(readFileSync(path, 'utf8'))
  } catch {
    // Never rotated so far.
    return []
  }
}

const LOOK_EVERY_MS = 200

/** Calls `onLine` for each line after `position`, for ever; goes over to the new file at a rotation. */
export async function followLog(
  path: string,
  position: Position,
  onLine: (line: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  let at = position
  while (signal?.aborted !== true) {
    const more = readFrom(path, at)
    if (more !== undefined) {
      at = more.position
      for (const line of more.lines) onLine(line)
    }
    await sleep(LOOK_EVERY_MS)
  }
}

/** Whole lines after `position` if it is of this very file, else from the beginning. */
function readFrom(
  path: string,
  position: Position | undefined,
): { lines: string[]; position: Position } | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // Between two names at a rotation, or never written.
    return undefined
  }
  try {
    const { ino: inode, size } = fstatSync(file)
    const from = position?.inode === inode && position.bytes <= size ? position.bytes : 0
    const buffer = Buffer.alloc(size - from)
    const read = readSync(file, buffer, 0, buffer.length, from)
    const whole = buffer.subarray(0, buffer.subarray(0, read).lastIndexOf(0x0a) + 1)
    return {
      lines: toLines(whole.toString('utf8')),
      position: { inode, bytes: from + whole.length },
    }
  } finally {
    closeSync(file)
  }
}

function toLines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}
