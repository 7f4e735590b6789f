/** What a gateway prints while nobody reads it: a terminal that is paused, an ssh that hangs, a pager that waits. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Output } from '../output.ts'

type Stream = Output['stdout']

/** Whoever reads takes what is left in less. */
const READ_MS_MAX = 1000

/** Of Node's own: there is no public way to say it. */
interface WithHandle {
  readonly _handle?: { setBlocking?(isBlocking: boolean): unknown } | null
}

/**
 * A write to a terminal waits until it has been taken. One that is paused (Ctrl-S) would hold the supervisor, which then
 * answers nobody, and with it each part whose log it reads. Pipes do not wait.
 */
export function printWithoutWaiting({ stdout, stderr }: Pick<Output, 'stdout' | 'stderr'>): void {
  for (const stream of [stdout, stderr]) {
    if (stream.isTTY === true) (stream as WithHandle)._handle?.setBlocking?.(false)
  }
}

/** Whether all that was printed is out; soon, since whoever does not read now may never. */
export async function isPrinted({
  stdout,
  stderr,
}: Pick<Output, 'stdout' | 'stderr'>): Promise<boolean> {
  const over = new AbortController()
  const late = sleep(READ_MS_MAX, false, { signal: over.signal }).catch(() => false)
  const written = Promise.all([stdout, stderr].map(untilWritten)).then(() => true)
  const isWritten = await Promise.race([written, late])
  over.abort()
  return isWritten
}

function untilWritten(stream: Stream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}
