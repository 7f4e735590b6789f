/**
 * A child's stderr: always drained, so that no child blocks on it; shown sparingly, and without its secrets; its
 * end kept.
 */

import type { Readable } from 'node:stream'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import { STDERR_LINES_PER_SECOND, STDERR_TAIL_BYTES } from '../limits.ts'
import { SecretsHidden } from './hide-secrets.ts'
import { OutputRate } from './output-rate.ts'

const SHOWN_CHARACTERS = 300
/** Enough text for the lines that may be shown, whatever a chunk's size. */
const SHOWN_BYTES = SHOWN_CHARACTERS * STDERR_LINES_PER_SECOND

export interface StderrPorts {
  readonly log: Log
  readonly clock: Clock
  readonly secrets: readonly string[]
}

/** Returns a function that tells the last few KiB. */
export function drainStderr(stream: Readable, { log, clock, secrets }: StderrPorts): () => string {
  const hiding = new SecretsHidden(secrets)
  const keptBytes = STDERR_TAIL_BYTES + hiding.bytesBefore
  const rate = new OutputRate(clock)
  let tail: Buffer = Buffer.alloc(0)
  const show = createShowing(log, clock)
  stream.on('error', () => {
    // The pipe of a child that was killed; its ending is reported elsewhere.
  })
  stream.on('data', (chunk: Buffer) => {
    const before = tail.subarray(Math.max(0, tail.length - hiding.bytesBefore))
    show(() => {
      const whole = Buffer.concat([before, chunk.subarray(0, SHOWN_BYTES)])
      return hiding.toShown(hiding.hide(whole).subarray(before.length))
    })
    // A copy: the rest of a large chunk must not stay in memory with its end.
    if (chunk.length >= keptBytes) tail = Buffer.from(chunk.subarray(-keptBytes))
    else tail = Buffer.concat([tail, chunk]).subarray(-keptBytes)
    const waitMs = rate.took(chunk.length, 1)
    if (waitMs === 0) return
    stream.pause()
    setTimeout(() => stream.resume(), waitMs).unref()
  })
  return () => hiding.toShown(hiding.hide(tail).subarray(-STDERR_TAIL_BYTES))
}

function createShowing(log: Log, clock: Clock): (read: () => string) => void {
  let second = 0
  let shown = 0
  return (read) => {
    if (!log.isLevelEnabled('debug')) return
    const now = Math.floor(clock() / 1000)
    if (now !== second) [second, shown] = [now, 0]
    if (shown >= STDERR_LINES_PER_SECOND) return
    const lines = read()
      .split('\n')
      .filter((line) => line.trim() !== '')
    for (const line of lines.slice(0, STDERR_LINES_PER_SECOND - shown)) {
      log.debug({ stderr: line.slice(0, SHOWN_CHARACTERS) }, 'server wrote on stderr')
      shown += 1
    }
  }
}
