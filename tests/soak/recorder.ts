/** Every ten seconds: memory and descriptors of a process of each kind, and how long operations took meanwhile. */

import { readFileSync } from 'node:fs'
import { descriptorsOf, pidsOf } from '../chaos/world/inventory.ts'
import type { World } from '../chaos/world/world.ts'
import { quantile, type Sample } from './flatness.ts'

export const SAMPLE_MS = 10_000

/** The samples of each figure, by its name. */
export type Series = ReadonlyMap<string, readonly Sample[]>

export class Recorder {
  readonly memory = new Map<string, Sample[]>()
  readonly descriptors = new Map<string, Sample[]>()
  readonly halves = new Map<string, Sample[]>()
  readonly tails = new Map<string, Sample[]>()
  readonly #world: World
  readonly #beganAt = performance.now()
  #tookMs = new Map<string, number[]>()
  operations = 0
  interrupted = 0

  constructor(world: World) {
    this.#world = world
  }

  /** Of what was interrupted the time says nothing. */
  done(name: string, tookMs: number, isDone: boolean): void {
    this.operations += 1
    if (!isDone) {
      this.interrupted += 1
      return
    }
    const known = this.#tookMs.get(name)
    if (known === undefined) this.#tookMs.set(name, [tookMs])
    else known.push(tookMs)
  }

  sample(): void {
    const atMs = performance.now() - this.#beganAt
    for (const [name, pids] of Map.groupBy(pidsOf(this.#world), ({ command }) => command)) {
      const mean = (of: (pid: number) => number): number =>
        pids.reduce((sum, { pid }) => sum + of(pid), 0) / pids.length
      add(this.descriptors, name, { atMs, value: mean(descriptorsOf) })
      add(this.memory, name, { atMs, value: mean(memoryOf) })
    }
    const tookMs = this.#tookMs
    this.#tookMs = new Map()
    for (const [name, all] of tookMs) {
      add(this.halves, name, { atMs, value: quantile(all, 0.5) })
      add(this.tails, name, { atMs, value: quantile(all, 0.99) })
    }
  }
}

function add(series: Map<string, Sample[]>, name: string, sample: Sample): void {
  const known = series.get(name)
  if (known === undefined) series.set(name, [sample])
  else known.push(sample)
}

/** Proportional set size, in bytes: what several processes share counts once. */
function memoryOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024
  } catch {
    // It has ended meanwhile.
    return 0
  }
}
