/**
 * Whose something is that a server names after the request that made it: a task, an elicitation.
 *
 * It belongs to the session that made it, and stays with its person when that session has ended.
 * The oldest of a person give way, so that nobody pushes out another's.
 */

import { OWNED_ID_CHARACTERS_MAX, OWNED_MAX, OWNED_PER_PERSON_MAX } from '../limits.ts'
import type { ProcessUser } from './process-user.ts'

interface Owner {
  readonly userId: string | undefined
  /** Undefined when the session has ended. */
  user: ProcessUser | undefined
}

export class Ownership {
  readonly #owners = new Map<string, Owner>()

  note(id: unknown, user: ProcessUser): void {
    if (typeof id !== 'string' || id.length > OWNED_ID_CHARACTERS_MAX) return
    const known = this.#owners.get(id)
    // A server that repeats ids must not hand one person's to another.
    if (known !== undefined && known.userId !== user.userId) return
    this.#owners.set(id, { userId: user.userId, user })
    const theirs = [...this.#owners].filter(([, { userId }]) => userId === user.userId)
    const [oldest] = theirs.length > OWNED_PER_PERSON_MAX ? (theirs[0] ?? []) : []
    if (oldest !== undefined) this.#owners.delete(oldest)
    const [first] = this.#owners.keys()
    if (this.#owners.size > OWNED_MAX && first !== undefined) this.#owners.delete(first)
  }

  /** Whether it is of that session's person. */
  isOf(id: unknown, { userId }: ProcessUser): boolean {
    const owner = this.#owners.get(id as string)
    return owner !== undefined && owner.userId === userId
  }

  /** The session that made it, while it lasts. */
  userOf(id: unknown): ProcessUser | undefined {
    return this.#owners.get(id as string)?.user
  }

  left(user: ProcessUser): void {
    for (const owner of this.#owners.values()) if (owner.user === user) owner.user = undefined
  }
}
