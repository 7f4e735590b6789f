/**
 * A histogram of durations, as the registry of prom-client renders one.
 *
 * By hand: the library builds and hashes an object of labels for each observation, which is more than the rest of
 * what is counted for a request.
 */

interface Counted {
  readonly values: readonly string[]
  /** By bucket, the last for what is beyond all bounds. */
  readonly counts: number[]
  sum: number
}

interface Sample {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

/** What the registry asks a metric for. */
export interface RenderedSeries {
  readonly name: string
  readonly help: string
  readonly type: 'histogram'
  readonly values: readonly Sample[]
}

export class TimedSeries {
  readonly name: string
  readonly #help: string
  readonly #labels: readonly string[]
  /** Ascending. */
  readonly #bounds: readonly number[]
  readonly #counted = new Map<string, Counted>()

  constructor(name: string, help: string, labels: readonly string[], bounds: readonly number[]) {
    this.name = name
    this.#help = help
    this.#labels = labels
    this.#bounds = bounds
    // Without labels there is one series from the start.
    if (labels.length === 0) this.#begin('', [])
  }

  observe(seconds: number, values: readonly string[] = []): void {
    const key = values.length === 1 ? (values[0] ?? '') : values.join('\0')
    const counted = this.#counted.get(key) ?? this.#begin(key, values)
    let bucket = 0
    while (bucket < this.#bounds.length && seconds > (this.#bounds[bucket] ?? 0)) bucket += 1
    counted.counts[bucket] = (counted.counts[bucket] ?? 0) + 1
    counted.sum += seconds
  }

  get(): Promise<RenderedSeries> {
    const { name } = this
    const values = [...this.#counted.values()].flatMap((counted) => this.#render(counted))
    return Promise.resolve({ name, help: this.#help, type: 'histogram', values })
  }

  #begin(key: string, values: readonly string[]): Counted {
    const counted = { values, counts: new Array<number>(this.#bounds.length + 1).fill(0), sum: 0 }
    this.#counted.set(key, counted)
    return counted
  }

  #render({ values, counts, sum }: Counted): Sample[] {
    const labels = Object.fromEntries(
      this.#labels.map((label, index) => [label, values[index] ?? '']),
    )
    const { name } = this
    let count = 0
    const buckets = counts.map((own, bucket): Sample => {
      count += own
      const le = this.#bounds[bucket] ?? '+Inf'
      return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}
