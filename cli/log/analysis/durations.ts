/**
 * Quantiles of very many durations in bounded memory: counted in buckets that grow by a twentieth, so that each
 * answer is at most that much too large (as in DDSketch).
 */

const GROWTH = Math.log(1.05)
/** Shorter ones are all the same. */
const MS_MIN = 0.1

export class Durations {
  readonly #buckets = new Map<number, number>()
  #count = 0
  #maxMs = 0

  get count(): number {
    return this.#count
  }

  get maxMs(): number {
    return this.#maxMs
  }

  add(ms: number): void {
    const bucket = Math.ceil(Math.log(Math.max(ms, MS_MIN)) / GROWTH)
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1)
    this.#count += 1
    this.#maxMs = Math.max(this.#maxMs, ms)
  }

  /** @param share 0 to 1. @returns milliseconds; 0 where there are none. */
  quantile(share: number): number {
    let left = Math.max(1, Math.ceil(share * this.#count))
    for (const [bucket, count] of [...this.#buckets].toSorted(([a], [b]) => a - b)) {
      left -= count
      if (left <= 0) return Math.min(Math.exp(bucket * GROWTH), this.#maxMs)
    }
    return this.#maxMs
  }
}
