/**
 * Tells how a file lies there, at once and whenever that has changed, by looking at it: notices from the system are missing on some mounts, and
 * of a file that an editor puts in the place of the old one.
 *
 * A file that is being written is left alone until it lies still. One that was never there is no news.
 */

import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** What of a file cannot stay the same when it is written; undefined while there is none. */
export type FileMark = string | undefined

export interface FileWatching {
  /**
   * Awaited before the next look.
   * @returns how the file lay there when it was read, which may be newer than what was seen: then it is no news.
   */
  onChange(): Promise<FileMark>
  readonly lookMs?: number
  readonly settleMs?: number
}

const LOOK_MS = 250
/** How long a file must lie still before it is read. */
export const SETTLE_MS = 150
/** A file that never lies still is looked at again later. */
const SETTLE_LOOKS_MAX = 10

export async function markOf(path: string): Promise<FileMark> {
  try {
    const { mtimeNs, size, ino } = await stat(path, { bigint: true })
    return `${mtimeNs}:${size}:${ino}`
  } catch {
    // Whatever the reason: it cannot be read now.
    return undefined
  }
}

/** @returns what ends the watch. */
export function watchFile(
  path: string,
  { onChange, lookMs = LOOK_MS, settleMs = SETTLE_MS }: FileWatching,
): () => void {
  const ended = new AbortController()
  const watch = async (): Promise<void> => {
    let held = await markOf(path)
    if (held !== undefined) held = await onChange()
    for (;;) {
      await sleep(lookMs, undefined, { signal: ended.signal })
      if ((await markOf(path)) === held) continue
      const mark = await settle(path, settleMs, ended.signal)
      if (mark === 'restless' || mark === held) continue
      held = await onChange()
    }
  }
  watch().catch((error: unknown) => {
    if (!ended.signal.aborted) throw error
  })
  return () => ended.abort()
}

async function settle(
  path: string,
  settleMs: number,
  signal: AbortSignal,
): Promise<FileMark | 'restless'> {
  let mark = await markOf(path)
  for (let look = 0; look < SETTLE_LOOKS_MAX; look += 1) {
    await sleep(settleMs, undefined, { signal })
    const next = await markOf(path)
    if (next === mark) return mark
    mark = next
  }
  return 'restless'
}
