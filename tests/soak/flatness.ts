/** Whether a figure stays where it is. */

export interface Sample {
  /** Milliseconds since the soak began. */
  readonly atMs: number
  readonly value: number
}

export interface Bound {
  /** Of the middle value. */
  readonly share: number
  /** Or so much, where that is more. */
  readonly least: number
}

export interface Trend {
  readonly middle: number
  /** From the first sample to the last, along the line through them. */
  readonly growth: number
  readonly allowed: number
  readonly isFlat: boolean
}

/** Of samples in the order in which they were taken. @throws RangeError for fewer than two. */
export function trendOf(samples: readonly Sample[], { share, least }: Bound): Trend {
  const [first, last] = [samples.at(0), samples.at(-1)]
  if (first === undefined || last === undefined || first === last) {
    throw new RangeError('a trend needs two samples')
  }
  const middle = median(samples.map(({ value }) => value))
  const growth = slopeOf(samples) * (last.atMs - first.atMs)
  const allowed = Math.max(share * middle, least)
  return { middle, growth, allowed, isFlat: growth <= allowed }
}

/** Theil and Sen: the middle one of the slopes between any two, so that single bursts bend nothing. */
function slopeOf(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((one, index) =>
    samples.slice(index + 1).map((other) => (other.value - one.value) / (other.atMs - one.atMs)),
  )
  return median(slopes)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** @param share 0.99: what one of a hundred is above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
