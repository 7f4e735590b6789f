/**
 * What a child and its descendants use now: those in its group, and on Linux those that carry its mark.
 *
 * Questions that come together share one look at the machine's processes.
 */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Figures } from './host.ts'
import { environmentMember, processIds, residentBytes, statFields, uidOf } from './proc.ts'
import { CHILD_MARKER } from './sweep.ts'

interface Seen {
  readonly group: number
  readonly marker: string | undefined
  readonly uid: number | undefined
  readonly memoryBytes: number
  readonly cpuSeconds: number
}

export interface Whose {
  readonly group: number
  readonly marker: string
  /** The account that its processes have for themselves: marks of another account cannot be read. */
  readonly uid?: number | undefined
}

export class Usage {
  #look: Promise<readonly Seen[]> | undefined
  #wanted: Whose[] = []

  async of(whose: Whose): Promise<Figures | undefined> {
    this.#wanted.push(whose)
    this.#look ??= this.#seeAll()
    const seen = (await this.#look).filter((one) => isOf(whose, one))
    if (seen.length === 0) return undefined
    return {
      processes: seen.length,
      memoryBytes: sum(seen.map(({ memoryBytes }) => memoryBytes)),
      cpuSeconds: sum(seen.map(({ cpuSeconds }) => cpuSeconds)),
    }
  }

  async #seeAll(): Promise<readonly Seen[]> {
    // Whoever asks in the same moment is among them.
    await Promise.resolve()
    const wanted = this.#wanted
    this.#wanted = []
    try {
      return process.platform === 'linux' ? await seeInProc(wanted) : await seeByCommand()
    } finally {
      this.#look = undefined
    }
  }
}

/** Linux counts processor time in these for programs, on every architecture. */
const TICKS_PER_SECOND = 100
/** Of `stat`, counted from the third field: the group, and four times, those of ended children among them. */
const GROUP = 2
const TIMES = [11, 12, 13, 14]

function isOf({ group, marker, uid }: Whose, seen: Seen): boolean {
  return seen.group === group || seen.marker === marker || (uid !== undefined && seen.uid === uid)
}

async function seeInProc(wanted: readonly Whose[]): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  const groups = new Set(wanted.map(({ group }) => group))
  const uids = new Set(wanted.flatMap(({ uid }) => uid ?? []))
  for await (const pid of processIds()) {
    const fields = statFields(pid)
    if (fields === undefined) continue
    const group = Number(fields[GROUP])
    const uid = uids.size === 0 ? undefined : uidOf(pid)
    const isWanted = groups.has(group) || (uid !== undefined && uids.has(uid))
    const marker = isWanted ? undefined : environmentMember(pid, CHILD_MARKER)
    if (!isWanted && marker === undefined) continue
    const ticks = sum(TIMES.map((index) => Number(fields[index])))
    const cpuSeconds = ticks / TICKS_PER_SECOND
    seen.push({ group, marker, uid, memoryBytes: residentBytes(pid), cpuSeconds })
  }
  return seen
}

const run = promisify(execFile)
const PS_TIMEOUT_MS = 5000
const PS_BYTES_MAX = 8 * 1024 * 1024

async function seeByCommand(): Promise<readonly Seen[]> {
  const options = { timeout: PS_TIMEOUT_MS, maxBuffer: PS_BYTES_MAX }
  try {
    const { stdout } = await run('ps', ['-A', '-o', 'pgid=,rss=,time='], options)
    return readListing(stdout)
  } catch {
    // No such program, or not in time: nothing can be told.
    return []
  }
}

/** `pgid rss time` a line, the memory in KiB, the time as `[days-]hours:minutes:seconds`. */
export function readListing(listing: string): readonly Seen[] {
  return listing
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(({ length }) => length === 3)
    .map(([group, kibibytes, time = '']) => ({
      group: Number(group),
      marker: undefined,
      uid: undefined,
      memoryBytes: Number(kibibytes) * 1024,
      cpuSeconds: toSeconds(time),
    }))
}

function toSeconds(time: string): number {
  const [rest = '', days = '0'] = time.split('-').reverse()
  const seconds = rest.split(':').reduce((total, part) => total * 60 + Number(part), 0)
  return Number(days) * 86_400 + seconds
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
