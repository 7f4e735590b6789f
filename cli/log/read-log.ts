/** Reads what is added to a log file, also over a rotation. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Up to where the newest file was read. */
export interface Position {
  readonly inode: number
  readonly bytes: number
}

const LOOK_EVERY_MS = 200
const CHUNK_BYTES = 1_048_576

/** After its last whole line; undefined when there is no such file. */
export function positionOf(path: string): Position | undefined {
  return withFile(path, (file) => {
    const { ino: inode, size } = fstatSync(file)
    const tail = readPiece(file, Math.max(0, size - CHUNK_BYTES), size)
    return { inode, bytes: size - tail.length + tail.lastIndexOf(0x0a) + 1 }
  })
}

/**
 * Each line after `position`, for ever. After a rotation first the rest of what is the older file now.
 * @param paths the newest and the one before it.
 */
export async function* followLog(
  [newest, older]: readonly [string, string],
  position: Position,
): AsyncIterable<string> {
  let at = position
  for (;;) {
    const rest = readAfter(older, at)
    const more = rest?.isSame === true && rest.lines.length > 0 ? rest : readAfter(newest, at)
    if (more !== undefined) {
      at = more.position
      yield* more.lines
    }
    // Perhaps it was more than a piece.
    if (more === undefined || more.lines.length === 0) await sleep(LOOK_EVERY_MS)
  }
}

interface Piece {
  readonly lines: readonly string[]
  readonly position: Position
  /** Whether `position` was in this very file. */
  readonly isSame: boolean
}

/** Whole lines after `position` if it is of this very file, else from the beginning. */
function readAfter(path: string, position: Position): Piece | undefined {
  return withFile(path, (file) => {
    const { ino: inode, size } = fstatSync(file)
    const isSame = position.inode === inode && position.bytes <= size
    const from = isSame ? position.bytes : 0
    const piece = readPiece(file, from, Math.min(size, from + CHUNK_BYTES))
    const whole = piece.subarray(0, piece.lastIndexOf(0x0a) + 1)
    return {
      lines: whole.toString('utf8').split('\n').filter(Boolean),
      position: { inode, bytes: from + whole.length },
      isSame,
    }
  })
}

function readPiece(file: number, from: number, to: number): Buffer {
  const buffer = Buffer.alloc(to - from)
  return buffer.subarray(0, readSync(file, buffer, 0, buffer.length, from))
}

function withFile<T>(path: string, use: (file: number) => T): T | undefined {
  let file: number
  try {
    file = openSync(path, 'r')
  } catch {
    // Between two names at a rotation, or never written.
    return undefined
  }
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}
