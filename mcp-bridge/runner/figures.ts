/**
 * What a child and its descendants use now: those in its group, and on Linux those that carry its mark.
 *
 * Questions that come together share one look at the machine's processes.
 */

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Figures } from './host.ts'
import { environmentMember, processIds, residentBytes, statFields } from './proc.ts'
import { CHILD_MARKER } from './sweep.ts'

interface Seen {
  readonly group: number
  readonly marker: string | undefined
  readonly memoryBytes: number
  readonly cpuSeconds: number
}

export interface Whose {
  readonly group: number
  readonly marker: string
}

export class Usage {
  #look: Promise<readonly Seen[]> | undefined
  readonly #wanted = new Set<number>()

  async of({ group, marker }: Whose): Promise<Figures | undefined> {
    this.#wanted.add(group)
    this.#look ??= this.#seeAll()
    const seen = (await this.#look).filter((one) => one.group === group || one.marker === marker)
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
    const wanted = new Set(this.#wanted)
    this.#wanted.clear()
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

async function seeInProc(wanted: ReadonlySet<number>): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  for await (const pid of processIds()) {
    const fields = statFields(pid)
    if (fields === undefined) continue
    const group = Number(fields[GROUP])
    const marker = wanted.has(group) ? undefined : environmentMember(pid, CHILD_MARKER)
    if (!wanted.has(group) && marker === undefined) continue
    const ticks = sum(TIMES.map((index) => Number(fields[index])))
    const cpuSeconds = ticks / TICKS_PER_SECOND
    seen.push({ group, marker, memoryBytes: residentBytes(pid), cpuSeconds })
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
