/**
 * How the processes of one gateway hear of each other which configuration they hold: each writes the
 * digest of its text into a file of its own.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { digest } from '../platform/seal.ts'
import { type Copies, isShared } from './copies.ts'
import type { Side } from './take-up.ts'

export interface Uptake {
  /** That this process holds it now. */
  tell(mark: string): void
  /** Resolves once every process of the other side holds it, or for another reason not to wait longer. */
  awaitOthers(mark: string): Promise<Waited>
  /** This process is about to end. */
  forget(): void
}

export type Waited =
  | 'followed'
  /** One of them hangs, or has just died: the others go on without it. */
  | 'late'
  /** Another text is the accepted one by now: nobody will hold this one any more. */
  | 'superseded'

const OTHERS_MS_MAX = 1000
const LOOK_MS = 20
/** Where nothing is shared each sees the change by itself, at its own next look. */
const BLIND_MS = 500

/** What a process says that it holds. */
export function markOfText(configurationText: string): string {
  return digest(configurationText)
}

export function openUptake(copies: Copies | undefined, side: Side): Uptake {
  if (copies === undefined || !isShared(copies)) {
    return {
      tell() {},
      awaitOthers: () => sleep(BLIND_MS, 'followed'),
      forget() {},
    }
  }
  const own = join(copies.held, `${side}.${process.pid}`)
  const others = side === 'room' ? 'edge' : 'room'
  return {
    tell(mark) {
      mkdirSync(copies.held, { recursive: true, mode: 0o700 })
      writeFileSync(`${own}.new`, mark, { mode: 0o600 })
      renameSync(`${own}.new`, own)
    },
    async awaitOthers(mark) {
      for (let waited = 0; waited < OTHERS_MS_MAX; waited += LOOK_MS) {
        if (heldBy(copies.held, others).every((held) => held === mark)) return 'followed'
        const accepted = read(copies.accepted)
        if (accepted !== undefined && markOfText(accepted) !== mark) return 'superseded'
        // It must keep the process alive: the renderer has nothing else that does.
        await sleep(LOOK_MS)
      }
      return 'late'
    },
    forget: () => rmSync(own, { force: true }),
  }
}

/** What the processes of a side say that they hold; those that were killed say nothing any more. */
function heldBy(folder: string, side: Side): string[] {
  const pattern = new RegExp(`^${side}\\.(\\d+)$`)
  return readdirSync(folder)
    .filter((name) => isAlive(Number(pattern.exec(name)?.[1])))
    .map((name) => read(join(folder, name)))
    .filter((mark) => mark !== undefined)
}

/** Undefined when it went meanwhile. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  if (Number.isNaN(pid)) return false
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
