/** How asking for certificates went, kept over restarts: an authority counts on as well. */

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Log } from '../lib/platform/log.ts'
import { keptFile } from './kept-file.ts'
import type { AttemptsFile } from './renewal.ts'
import { type Attempts, afterStart, NO_ATTEMPTS } from './schedule.ts'

const shape = z.object({
  asked: z.string(),
  lastAt: z.number(),
  failures: z.number(),
  fault: z.string().optional(),
  issuedAt: z.array(z.number()),
  failedAt: z.array(z.number()).default([]),
})

/** Where it cannot be written, what it would hold counts until the process ends. */
export function attemptsFile(path: string, log: Log): AttemptsFile {
  let kept = NO_ATTEMPTS
  const write = keptFile(path, () => JSON.stringify(kept), log)
  return {
    read: (now) => afterStart(readAttempts(path), now),
    keep(attempts) {
      kept = attempts
      write()
      return attempts
    },
  }
}

function readAttempts(path: string): Attempts {
  try {
    const { fault, ...rest } = shape.parse(JSON.parse(readFileSync(path, 'utf8')))
    return { ...rest, fault }
  } catch {
    // The first start, or a file that tells nothing: as if nothing had been asked.
    return NO_ATTEMPTS
  }
}

/** For certificates of our own, which nobody counts: after a success nothing waits, only a failure does. */
export function uncountedAttempts(): AttemptsFile {
  return {
    read: () => NO_ATTEMPTS,
    keep: (attempts) =>
      attempts.failures === 0 ? NO_ATTEMPTS : { ...attempts, issuedAt: [], failedAt: [] },
  }
}
