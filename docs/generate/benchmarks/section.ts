/** What a benchmark has to say, in one shape for all of them. */

import type { Table } from '../../../bench/output.ts'

/** A quantity of ours beside the same of others, in one run. */
export interface Comparison {
  readonly what: string
  readonly better: 'more' | 'less'
  readonly digits: number
  readonly ours: Value
  readonly others: readonly Other[]
}

/** What is compared of each row: how it is picked out of what was measured. */
export interface Quantity<Measured> extends Pick<Comparison, 'better' | 'digits'> {
  readonly title: string
  readonly pick: (of: Measured) => number
}

export interface Value {
  readonly value: number
  /** More of the processor was used by strangers than the benchmark allows. */
  readonly isNoisy: boolean
}

export interface Other extends Value {
  readonly name: string
  /** Does less than what it stands beside: a floor, no alternative. */
  readonly isYardstick: boolean
}

export interface Goal {
  readonly title: string
  readonly wanted: string
  readonly reached: string
  readonly isMet: boolean
}

export interface Section {
  readonly title: string
  /** What stands beside ours, in one sentence each. */
  readonly peers: readonly string[]
  readonly goals: readonly Goal[]
  readonly comparisons: readonly Comparison[]
  readonly tables: readonly Table[]
  /** How much others disturbed, in one sentence. */
  readonly noise: string
  /** Wrong answers and what was to be measured and was not, in one sentence each. */
  readonly faults: readonly string[]
}

/** How many times better ours is; below 1 it is worse. No number where one of them was not reached. */
function advantage({ better, ours }: Comparison, other: Value): number {
  // Nothing beside nothing is no difference.
  if (ours.value === other.value) return 1
  return better === 'more' ? ours.value / other.value : other.value / ours.value
}

/** What is no number counts as worse: nobody has seen that it is better. */
export function isWorse(comparison: Comparison, other: Value): boolean {
  return !(advantage(comparison, other) >= 1)
}

export function show(value: number, digits: number): string {
  return Number.isFinite(value) ? value.toFixed(digits) : 'never'
}

/** How many times better, in words. */
export function showAdvantage(comparison: Comparison, other: Value): string {
  const times = advantage(comparison, other)
  return times === Number.POSITIVE_INFINITY ? '∞' : show(times, 2)
}

/** Of rows: how many were disturbed, and how much at worst. */
export function describeNoise(
  all: readonly { readonly others: number; readonly isNoisy: boolean }[],
  { limit, unit, format }: { limit: number; unit: string; format: (others: number) => string },
): string {
  const noisy = all.filter(({ isNoisy }) => isNoisy).length
  const worst = Math.max(0, ...all.map(({ others }) => others))
  const told = `strangers used up to ${format(worst)} ${unit}; above ${format(limit)} a row is noisy`
  return noisy === 0
    ? `No row was disturbed: ${told}.`
    : `**${noisy} of ${all.length} rows were disturbed**: ${told}, and of it only processor times say something.`
}
