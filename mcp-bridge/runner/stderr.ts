/** A child's stderr: always drained, so that no child blocks on it; shown sparingly; its end kept. */

import type { Readable } from 'node:stream'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import { STDERR_LINES_PER_SECOND, STDERR_TAIL_BYTES } from '../limits.ts'
import { OutputRate } from './output-rate.ts'

const SHOWN_CHARACTERS = 300

/** Returns a function that tells the last few KiB. */
export function drainStderr(stream: Readable, log: Log, clock: Clock): () => string {
  const rate = new OutputRate(clock)
  let tail: Buffer = Buffer.alloc(0)
  const show = createShowing(log, clock)
  stream.on('error', () => {
    // The pipe of a child that was killed; its ending is reported elsewhere.
  })
  stream.on('data', (chunk: Buffer) => {
    // A copy: the rest of a large chunk must not stay in memory with its end.
    if (chunk.length >= STDERR_TAIL_BYTES) tail = Buffer.from(chunk.subarray(-STDERR_TAIL_BYTES))
    else tail = Buffer.concat([tail, chunk]).subarray(-STDERR_TAIL_BYTES)
    show(chunk)
    const waitMs = rate.took(chunk.length, 1)
    if (waitMs === 0) return
    stream.pause()
    setTimeout(() => stream.resume(), waitMs).unref()
  })
  return () => tail.toString('utf8')
}

function createShowing(log: Log, clock: Clock): (chunk: Buffer) => void {
  let second = 0
  let shown = 0
  return (chunk) => {
    if (!log.isLevelEnabled('debug')) return
    const now = Math.floor(clock() / 1000)
    if (now !== second) [second, shown] = [now, 0]
    if (shown >= STDERR_LINES_PER_SECOND) return
    // Enough text for the lines that may be shown, whatever the chunk's size.
    const text = chunk.subarray(0, SHOWN_CHARACTERS * STDERR_LINES_PER_SECOND).toString('utf8')
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    for (const line of lines.slice(0, STDERR_LINES_PER_SECOND - shown)) {
      log.debug({ stderr: line.slice(0, SHOWN_CHARACTERS) }, 'server wrote on stderr')
      shown += 1
    }
  }
}
