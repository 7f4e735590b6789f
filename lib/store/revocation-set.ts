/** The revocations in memory, found by what a request names without making a single text. */

import {
  type Epoch,
  judge,
  type Presented,
  parseEntry,
  REVOCATION_KINDS,
  type RevocationAnswer,
  type RevocationKind,
} from './revocation.ts'

interface Entry {
  readonly instant: number
  readonly expiresAt: number
}

export class RevocationSet {
  readonly #entries: Readonly<Record<RevocationKind, Map<string, Entry>>> = {
    token: new Map(),
    grant: new Map(),
    client: new Map(),
    user: new Map(),
  }

  get size(): number {
    return REVOCATION_KINDS.reduce((sum, kind) => sum + this.#entries[kind].size, 0)
  }

  /** As the store writes them: member `<kind>:<id>`. What is no revocation of ours is left out. */
  apply(member: string, stored: string): void {
    const colon = member.indexOf(':')
    const entries = this.#entries[member.slice(0, colon) as RevocationKind] as
      | Map<string, Entry>
      | undefined
    if (entries === undefined) return
    const id = member.slice(colon + 1)
    const { instant, expiresAt } = parseEntry(stored)
    const held = entries.get(id)
    // A store that was put back to an earlier state knows less than we do.
    entries.set(id, {
      instant: Math.max(instant, held?.instant ?? 0),
      expiresAt: Math.max(expiresAt, held?.expiresAt ?? 0),
    })
  }

  judge(presented: Presented, epoch: Epoch): RevocationAnswer {
    return judge(presented, epoch, this.#instantOf)
  }

  /** Entries end at their time and for no other reason. `latest`: epoch seconds. */
  forgetEndedBefore(latest: number): void {
    for (const kind of REVOCATION_KINDS) {
      for (const [id, { expiresAt }] of this.#entries[kind]) {
        if (expiresAt < latest) this.#entries[kind].delete(id)
      }
    }
  }

  readonly #instantOf = (kind: RevocationKind, id: string): number | undefined =>
    this.#entries[kind].get(id)?.instant
}
