/** How asking for certificates went, kept over restarts: an authority counts on as well. */

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { writeWhole } from '../lib/platform/whole-file.ts'
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

export function attemptsFile(path: string): AttemptsFile {
  return {
    read: (now) => afterStart(readAttempts(path), now),
    keep(attempts) {
      writeWhole(path, JSON.stringify(attempts))
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
