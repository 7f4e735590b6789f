/** Interleaved rounds of all rows, and the medians of what was seen. */

import { type MeasureOptions, measureRound, type Round } from './measure.ts'
import { type Load, nameOfLoad, type Row } from './rows.ts'
import type { World } from './world.ts'

/** Median of the rounds, and how far they are apart. */
export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

type Measured = Omit<Round, 'statuses' | 'errors' | 'sample'>

export interface Figures {
  readonly row: string
  readonly load: Load
  readonly of: { readonly [name in keyof Measured]: Spread }
  readonly statuses: Readonly<Record<string, number>>
  readonly errors: number
  readonly sample: string
  readonly rounds: number
  /** Rounds that others disturbed, and that could not be had without. */
  readonly noisyRounds: number
}

export interface RoundsOptions extends MeasureOptions {
  readonly rounds: number
  readonly repeats: number
  readonly loads: readonly Load[]
  readonly rows: readonly Row[]
  readonly progress: (text: string) => void
}

/** Of one core: what others may use before a round is noisy. */
export const OTHERS_MAX = 0.15

export async function measureRows(
  world: World,
  options: RoundsOptions,
): Promise<readonly Figures[]> {
  const seen = new Map<string, Round[]>()
  const cells = options.loads.flatMap((load) =>
    options.rows.filter((row) => isUnder(row, load)).map((row) => ({ row, load })),
  )
  await warmUp(cells, world, options)
  for (let round = 0; round < options.rounds; round += 1) {
    for (const { row, load } of cells) {
      const cell = keyOf(row, load)
      options.progress(`round ${round + 1} of ${options.rounds}: ${cell}`)
      seen.set(cell, [...(seen.get(cell) ?? []), await measureQuietly(row, load, world, options)])
    }
  }
  return cells.map(({ row, load }) => toFigures(row, load, seen.get(keyOf(row, load)) ?? []))
}

/** A first round of each guard that is not counted: a compiler is at work in it. */
async function warmUp(
  cells: readonly { readonly row: Row; readonly load: Load }[],
  world: World,
  options: RoundsOptions,
): Promise<void> {
  const guards = new Map(cells.map((cell) => [cell.row.guard, cell]))
  for (const { row, load } of guards.values()) {
    // Its service starts anew for each round.
    if (row.tokens === 'new') continue
    options.progress(`warming up: ${row.guard}`)
    await measureRound(row, load, world, options)
  }
}

function isUnder(row: Row, load: Load): boolean {
  return load.kind === 'closed' || row.floods !== true
}

function keyOf({ name }: Row, load: Load): string {
  return `${name}, ${nameOfLoad(load)}`
}

/** Again while others disturb, up to a bound; whether a round counts never depends on its result. */
async function measureQuietly(
  row: Row,
  load: Load,
  world: World,
  options: RoundsOptions,
): Promise<Round> {
  let round = await measureRound(row, load, world, options)
  for (let repeat = 0; repeat < options.repeats && round.others > OTHERS_MAX; repeat += 1) {
    round = await measureRound(row, load, world, options)
  }
  return round
}

function toFigures(row: Row, load: Load, rounds: readonly Round[]): Figures {
  const spread = (name: keyof Measured): Spread => toSpread(rounds.map((round) => round[name]))
  return {
    row: row.name,
    load,
    of: {
      perSecond: spread('perSecond'),
      p50Us: spread('p50Us'),
      p99Us: spread('p99Us'),
      p999Us: spread('p999Us'),
      sendDelayP99Us: spread('sendDelayP99Us'),
      envoyCpuUs: spread('envoyCpuUs'),
      serviceCpuUs: spread('serviceCpuUs'),
      storeCpuUs: spread('storeCpuUs'),
      envoyMb: spread('envoyMb'),
      serviceMb: spread('serviceMb'),
      serviceGrowthMb: spread('serviceGrowthMb'),
      others: spread('others'),
    },
    statuses: sumStatuses(rounds),
    errors: rounds.reduce((sum, { errors }) => sum + errors, 0),
    sample: rounds.find(({ sample }) => sample !== '')?.sample ?? '',
    rounds: rounds.length,
    noisyRounds: rounds.filter(({ others }) => others > OTHERS_MAX).length,
  }
}

function sumStatuses(rounds: readonly Round[]): Readonly<Record<string, number>> {
  const sums: Record<string, number> = {}
  for (const [status, count] of rounds.flatMap(({ statuses }) => Object.entries(statuses))) {
    sums[status] = (sums[status] ?? 0) + count
  }
  return sums
}

export function toSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return {
    median: sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2,
    min: sorted[0] ?? Number.NaN,
    max: sorted.at(-1) ?? Number.NaN,
  }
}
