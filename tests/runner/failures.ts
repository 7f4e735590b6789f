/** What failed, once more at the end: thousands of lines above nobody finds it, and many a log keeps its end only. */

/** Lines of a failure that are repeated; the whole of it stands above. */
const LINES_EACH = 40
const FAILURES_AT_MOST = 12

export class Failures {
  readonly #failures: string[][] = []
  #current: string[] | undefined

  /** `line`: as it was printed, a title or what stands below one. */
  read(line: string): void {
    if (line.startsWith('✘ ')) {
      this.#current = [line]
      this.#failures.push(this.#current)
    } else if (line.startsWith('✔ ') || line.startsWith('- ')) {
      this.#current = undefined
    } else if (this.#current !== undefined && this.#current.length < LINES_EACH) {
      this.#current.push(line)
    }
  }

  /** The lines to end with; none where nothing failed. */
  again(): string[] {
    if (this.#failures.length === 0) return []
    const shown = this.#failures.slice(0, FAILURES_AT_MOST).flat()
    const more = this.#failures.length - FAILURES_AT_MOST
    return ['', 'What failed:', ...shown, ...(more > 0 ? [`… and ${more} more`] : [])]
  }
}
