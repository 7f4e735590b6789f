/** Which figures of a soak grow: judged in its second half, when everything has reached its size. */

import { type Bound, type Sample, type Trend, trendOf } from './flatness.ts'
import type { Recorder, Series } from './recorder.ts'

const MIB = 1024 * 1024

/** What each figure may grow by within the second half, of its middle value or at least so much. */
export const BOUNDS = {
  memory: { share: 0.1, least: 12 * MIB },
  descriptors: { share: 0.1, least: 16 },
  p50: { share: 0.25, least: 5 },
  p99: { share: 0.5, least: 50 },
} as const satisfies Readonly<Record<string, Bound>>

export type Figure = keyof typeof BOUNDS

export interface Row {
  readonly figure: Figure
  readonly name: string
  readonly trend: Trend
}

/** Fewer come of operations and processes that are rare: no line leads through them. */
const SAMPLES_MIN = 10

/** What the store holds grows with what people are granted; that is judged by itself. */
const isStore = (name: string): boolean => name.includes('valkey')

export function toRows(
  recorder: Pick<Recorder, 'memory' | 'descriptors' | 'halves' | 'tails'>,
): Row[] {
  const { memory, descriptors, halves, tails } = recorder
  const kept = new Map([...memory].filter(([name]) => !isStore(name)))
  return [
    ...rowsOf('memory', kept),
    ...rowsOf('descriptors', descriptors),
    ...rowsOf('p50', halves),
    ...rowsOf('p99', tails),
  ]
}

function rowsOf(figure: Figure, series: Series): Row[] {
  return [...series].sort().flatMap(([name, samples]) => {
    const half = secondHalf(samples)
    if (half.length < SAMPLES_MIN) return []
    return [{ figure, name, trend: trendOf(half, BOUNDS[figure]) }]
  })
}

function secondHalf(samples: readonly Sample[]): readonly Sample[] {
  const end = samples.at(-1)?.atMs ?? 0
  return samples.filter(({ atMs }) => atMs >= end / 2)
}

export function toLine({ figure, name, trend }: Row): string {
  const { middle, growth, allowed, isFlat } = trend
  const cells = [middle, growth, allowed].map((value) => toCell(figure, value).padStart(11))
  return `${isFlat ? '✔' : '✘'} ${figure.padEnd(11)} ${name.slice(0, 60).padEnd(60)} ${cells.join(' ')}`
}

export const HEAD = `  ${'figure'.padEnd(11)} ${'of'.padEnd(60)} ${['middle', 'growth', 'allowed'].map((one) => one.padStart(11)).join(' ')}`

function toCell(figure: Figure, value: number): string {
  if (figure === 'memory') return `${(value / MIB).toFixed(1)} MiB`
  return figure === 'descriptors' ? value.toFixed(0) : `${value.toFixed(1)} ms`
}
