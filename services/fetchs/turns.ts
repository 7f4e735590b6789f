/** How many pages are fetched at once: for one person, and for all. */

import { FetchFault } from './fetch-fault.ts'

const OF_ONE_PERSON_MAX = 8
const OF_ALL_MAX = 64

export class Turns {
  readonly #running = new Map<string, number>()
  #all = 0

  /** @throws FetchFault when too much is being fetched already. */
  async take<T>(person: string, work: () => Promise<T>): Promise<T> {
    const own = this.#running.get(person) ?? 0
    if (own >= OF_ONE_PERSON_MAX) {
      throw new FetchFault(
        `${own} pages are being fetched for you already: try again when one is there.`,
      )
    }
    if (this.#all >= OF_ALL_MAX) {
      throw new FetchFault('Too much is being fetched at the moment: try again in a minute.')
    }
    this.#running.set(person, own + 1)
    this.#all += 1
    try {
      return await work()
    } finally {
      this.#all -= 1
      const left = (this.#running.get(person) ?? 1) - 1
      if (left === 0) this.#running.delete(person)
      else this.#running.set(person, left)
    }
  }
}
