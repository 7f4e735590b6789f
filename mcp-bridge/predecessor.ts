/**
 * Whether anything is left of the bridge process that had our name before: a killed one leaves leases, and
 * its watchdog needs a moment to end its children.
 *
 * Seen on this machine alone, by the marker that each child carries in its environment; what clears its
 * environment is not seen. Where it cannot be seen the leases have to end by themselves.
 */

import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Marker } from '../lib/platform/process-group.ts'
import { kill } from './runner/proc.ts'
import type { InstanceRecord } from './store/instances.ts'

const LOOK_MS = 100

/** This start of the machine, and where in it process ids mean the same; undefined where that cannot be told. */
export async function placeHere(): Promise<string | undefined> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1')
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`
  } catch {
    // Not Linux.
    return undefined
  }
}

export interface GoneOptions {
  readonly predecessor: InstanceRecord
  readonly place: string | undefined
  /** In the environment of its children. */
  readonly marker: Marker
  /** What its watchdog leaves them; who lives on for longer than that has no watchdog, and is killed. */
  readonly graceMs: number
}

/** Resolves once nothing is left; with false where that cannot be seen. */
export async function waitUntilGone(options: GoneOptions): Promise<boolean> {
  const { predecessor, place, marker, graceMs } = options
  if (place === undefined || predecessor.place !== place) return false
  // Somebody gave two of them one name, or the number was used again.
  if (predecessor.pid !== process.pid && isAlive(predecessor.pid)) return false
  for (let waited = 0; waited < 2 * graceMs; waited += LOOK_MS) {
    const left = await findMarked(marker)
    if (left.length === 0) return true
    if (waited >= graceMs) for (const pid of left) kill(pid)
    await sleep(LOOK_MS)
  }
  return false
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}

async function findMarked({ name, value }: Marker): Promise<number[]> {
  const entries = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const found = await Promise.all(entries.map((entry) => isMarked(entry, `${name}=${value}`)))
  return entries.filter((_, index) => found[index]).map(Number)
}

async function isMarked(pid: string, text: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1')
    return environment.split('\0').includes(text)
  } catch {
    // Somebody else's, or one that has ended since.
    return false
  }
}
