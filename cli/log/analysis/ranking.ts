/**
 * Counts how often each name comes, in bounded memory: of very many the rare ones are forgotten now and then.
 * What is among the most frequent is counted exactly, unless it was rare for long.
 */

export interface Ranked {
  readonly name: string
  readonly count: number
}

const KEPT = 2000

export class Ranking {
  readonly #keptMax: number
  #counts = new Map<string, number>()

  constructor(keptMax = KEPT) {
    this.#keptMax = keptMax
  }

  add(name: string | undefined): void {
    if (name === undefined) return
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
    if (this.#counts.size > 2 * this.#keptMax) {
      this.#counts = new Map(this.top(this.#keptMax).map((one) => [one.name, one.count]))
    }
  }

  /** The most frequent first; of two alike by name. */
  top(count: number): Ranked[] {
    return [...this.#counts]
      .map(([name, times]) => ({ name, count: times }))
      .toSorted((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1))
      .slice(0, count)
  }
}
