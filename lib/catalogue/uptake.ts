/**
 * How the processes of one gateway hear of each other which configuration they hold: each writes the
 * digest of its text into a file of its own.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Copies } from './copies.ts'
import type { Side } from './take-up.ts'

export interface Uptake {
  /** That this process holds it now. */
  tell(digest: string): void
  /** Whether every process of the other side holds it, once it does or has had its time. */
  awaitOthers(digest: string): Promise<boolean>
  /** This process is about to end. */
  forget(): void
}

/** One of them hangs, or has just died: the others go on without it. */
const OTHERS_MS_MAX = 1000
const LOOK_MS = 20
/** Where nothing is shared each sees the change by itself, at its own next look. */
const BLIND_MS = 500

export function openUptake(copies: Copies | undefined, side: Side): Uptake {
  if (copies === undefined) {
    return {
      tell() {},
      awaitOthers: () => sleep(BLIND_MS, true, { ref: false }),
      forget() {},
    }
  }
  const folder = copies.held
  const own = join(folder, `${side}.${process.pid}`)
  return {
    tell(digest) {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      writeFileSync(`${own}.new`, digest, { mode: 0o600 })
      renameSync(`${own}.new`, own)
    },
    async awaitOthers(digest) {
      const other = side === 'room' ? 'edge' : 'room'
      for (let waited = 0; waited < OTHERS_MS_MAX; waited += LOOK_MS) {
        if (heldBy(folder, other).every((held) => held === digest)) return true
        await sleep(LOOK_MS, undefined, { ref: false })
      }
      return false
    },
    forget: () => rmSync(own, { force: true }),
  }
}

/** What the processes of a side say that they hold; those that were killed say nothing any more. */
function heldBy(folder: string, side: Side): string[] {
  const pattern = new RegExp(`^${side}\\.(\\d+)$`)
  return readdirSync(folder)
    .filter((name) => isAlive(Number(pattern.exec(name)?.[1])))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
}

function isAlive(pid: number): boolean {
  if (Number.isNaN(pid)) return false
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
