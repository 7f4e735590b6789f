/**
 * Records of sessions that are probably opened soon: written while their servers still begin, so that nobody
 * waits for the store after the server.
 */

import type { Clock } from '../lib/platform/clock.ts'
import type { SessionRecord, SessionRecords } from './store/sessions.ts'

interface Ahead {
  readonly record: SessionRecord
  readonly written: Promise<void>
  readonly at: number
}

export interface RecordsAheadOptions {
  readonly records: Pick<SessionRecords, 'open'>
  /** An older one is written again: its life in the store has begun too early. */
  readonly validMs: number
  readonly clock: Clock
}

export class RecordsAhead {
  readonly #options: RecordsAheadOptions
  readonly #ahead = new Map<string, Ahead>()

  constructor(options: RecordsAheadOptions) {
    this.#options = options
  }

  get ids(): readonly string[] {
    return [...this.#ahead.keys()]
  }

  begin(id: string, record: SessionRecord): void {
    if (this.#ahead.has(id)) return
    const { records, clock } = this.#options
    const written = records.open(id, record)
    // Whoever opens the session is told.
    written.catch(() => {})
    this.#ahead.set(id, { record, written, at: clock() })
  }

  /**
   * Resolves when the store has this very record, with the time from which it lives there.
   * @throws whatever kept it from being written.
   */
  async complete(id: string, record: SessionRecord): Promise<number> {
    const { records, validMs, clock } = this.#options
    const ahead = this.#ahead.get(id)
    await ahead?.written
    this.#ahead.delete(id)
    const isOf = ahead !== undefined && ahead.record.revision === record.revision
    if (isOf && clock() - ahead.at < validMs) return ahead.at
    await records.open(id, record)
    return clock()
  }

  /** Whether there was one, which the store has to forget. */
  drop(id: string): boolean {
    return this.#ahead.delete(id)
  }
}
