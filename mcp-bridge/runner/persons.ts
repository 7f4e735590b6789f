/** Whose a process was in all its life: what it knows of somebody it knows when they have left, too. */

import type { ProcessUser } from './process-user.ts'

export class Persons {
  #first: string | undefined
  #areSeveral = false

  get areSeveral(): boolean {
    return this.#areSeveral
  }

  /** The bridge itself is nobody. */
  note({ userId }: ProcessUser): void {
    this.#first ??= userId
    if (userId !== undefined && userId !== this.#first) this.#areSeveral = true
  }
}
