/** The process that ends our children when we cannot: watchdog.sh, and what it is told. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Marker } from './process-group.ts'

export interface Deadline {
  /** Milliseconds from now. */
  set(withinMs: number): void
  repeat(): void
}

/** Each telling costs the watchdog a process: an earlier deadline is told at once, a later one now and then. */
const TOLD_AGAIN_MS = 1000
/** Of the time that is left, so much is for the step from the first signal to the last. */
const LAST_STEP = 0.25

export function createDeadline(watchdog: Watchdog, graceMs: number): Deadline {
  let dueAt = Number.POSITIVE_INFINITY
  let toldDueAt = Number.POSITIVE_INFINITY
  let toldAt = Number.NEGATIVE_INFINITY
  const tell = (): void => {
    toldDueAt = dueAt
    toldAt = performance.now()
    const withinMs = Math.max(0, dueAt - toldAt)
    watchdog.endIn(withinMs, Math.min(graceMs, withinMs * LAST_STEP))
  }
  return {
    set(withinMs) {
      const now = performance.now()
      dueAt = now + withinMs
      const toldAgainMs = Math.min(TOLD_AGAIN_MS, withinMs * LAST_STEP)
      // One that was told a moment ago is only a little too strict; but none may stay told for ever.
      const isOnlyLater = dueAt > toldDueAt && dueAt !== Number.POSITIVE_INFINITY
      if (dueAt === toldDueAt || (isOnlyLater && now - toldAt < toldAgainMs)) return
      tell()
    },
    repeat() {
      if (dueAt !== Number.POSITIVE_INFINITY) tell()
    },
  }
}

export interface Watchdog {
  /** `lent`: others may take over what it holds; it stands in the environment of what belongs to the group. */
  guard(groupId: number, lent: Marker | undefined): void
  release(groupId: number): void
  /** The groups that are lent now, the last step included; Infinity takes it back. */
  endIn(withinMs: number, lastStepMs: number): void
  close(): void
}

export function startWatchdog({ name, value }: Marker, graceSeconds: number): Watchdog {
  const script = join(import.meta.dirname, 'watchdog.sh')
  const process = spawn('/bin/sh', [script, String(graceSeconds), `${name}=${value}`], {
    // A group of its own: Ctrl-C in a terminal must not reach it. No marker: it must not find itself.
    detached: true,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  process.unref()
  const input = process.stdin
  // Without a watchdog we go on: ending in order does not need it.
  input.on('error', () => {})
  process.on('error', () => {})
  if ('unref' in input && typeof input.unref === 'function') input.unref()
  return {
    guard(groupId, lent) {
      input.write(lent === undefined ? `+${groupId}\n` : `+${groupId} ${lent.name}=${lent.value}\n`)
    },
    release: (groupId) => void input.write(`-${groupId}\n`),
    endIn(withinMs, lastStepMs) {
      const seconds = ((withinMs - lastStepMs) / 1000).toFixed(3)
      const tenths = Math.floor(lastStepMs / 100)
      input.write(withinMs === Number.POSITIVE_INFINITY ? '=\n' : `=${seconds} ${tenths}\n`)
    },
    close: () => input.end(),
  }
}
