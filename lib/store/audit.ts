/**
 * The audit log: who did what to what, and with which outcome. Every room appends to it, nobody changes it.
 *
 * Key: `audit` (stream, oldest first, about AUDIT_ENTRIES long), each entry one record as JSON. Written
 * behind, many records in one command: nobody waits for it. While the store is away a bounded number waits
 * for its return; what comes on top is counted, and told in the log.
 */

import type { Redis } from 'ioredis'
import type { Log } from '../platform/log.ts'
import { outsideRequests } from '../platform/request-context.ts'
import { randomText } from '../platform/seal.ts'
import { AUDIT_KEY, type AuditRecord } from './audit-record.ts'
import { defineScript } from './script.ts'

export interface AuditTrail {
  append(record: AuditRecord): void
  /** Resolves when everything has been written, or could not be. */
  flush(): Promise<void>
}

export interface AuditOptions {
  readonly redis: Redis
  /** So many of the latest records are kept, or some more. */
  readonly entriesMax: number
  readonly log: Log
  /** What comes within so long is written together. */
  readonly writeMs?: number
}

const WRITE_MS = 250
const AGAIN_MS = 1000
/** Of one command. */
const RECORDS_MAX = 1000
const UNWRITTEN_MAX = 5000
const BATCH_SECONDS = 300

/**
 * A batch whose acknowledgement was lost is sent again: it must not be there twice. Its records come as the lines
 * of one text, for which both sides have less to do than for a value each.
 */
const append = defineScript(`
  if not redis.call('SET', KEYS[2], 1, 'NX', 'EX', ARGV[2]) then return end
  for record in string.gmatch(ARGV[3], '[^\\n]+') do
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'record', record)
  end
`)

export function redisAudit(options: AuditOptions): AuditTrail {
  return new WrittenBehind(options)
}

interface Batch {
  readonly key: string
  readonly records: readonly string[]
}

class WrittenBehind implements AuditTrail {
  readonly #options: AuditOptions
  /** As JSON: a text is less to keep alive than a record with all that it names. */
  #due: string[] = []
  /** On its way, until the store has acknowledged it. */
  #batch: Batch | undefined
  #timer: NodeJS.Timeout | undefined
  #writing = Promise.resolve()
  #lost = 0
  /** Whether the last writing failed, which was told once. */
  #isFailing = false

  constructor(options: AuditOptions) {
    this.#options = options
  }

  append(record: AuditRecord): void {
    if (this.#due.length >= UNWRITTEN_MAX) this.#lose(1)
    else {
      this.#due.push(JSON.stringify(record))
      this.#schedule()
    }
  }

  async flush(): Promise<void> {
    await this.#write()
    const left = this.#due.length + (this.#batch?.records.length ?? 0)
    if (left > 0) this.#options.log.warn({ records: left }, 'audit records are lost')
  }

  #schedule(): void {
    const { writeMs = WRITE_MS } = this.#options
    const afterMs = this.#isFailing ? AGAIN_MS : writeMs
    this.#timer ??= outsideRequests(() => setTimeout(() => void this.#write(), afterMs).unref())
  }

  /** One after the other: a batch is on its way once. */
  #write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#writeDue())
    return this.#writing
  }

  /** Batch after batch, until nothing is left or the store does not take one. */
  async #writeDue(): Promise<void> {
    const { redis, entriesMax, log } = this.#options
    for (;;) {
      this.#batch ??= this.#takeBatch()
      if (this.#batch === undefined) return
      try {
        const { key, records } = this.#batch
        await append(redis, [AUDIT_KEY, key], [entriesMax, BATCH_SECONDS, records.join('\n')])
      } catch (error) {
        if (!this.#isFailing) log.warn({ err: error }, 'the audit log cannot be written')
        this.#isFailing = true
        this.#schedule()
        return
      }
      this.#batch = undefined
      this.#isFailing = false
      this.#tellLost()
    }
  }

  #takeBatch(): Batch | undefined {
    if (this.#due.length === 0) return undefined
    const records = this.#due.splice(0, RECORDS_MAX)
    return { key: `audit-batch:${randomText(12)}`, records }
  }

  /** The first is told at once, the others when the store is back. */
  #lose(records: number): void {
    if (this.#lost === 0) this.#options.log.warn('audit records are lost: too many are unwritten')
    this.#lost += records
  }

  #tellLost(): void {
    if (this.#lost > 0) this.#options.log.warn({ records: this.#lost }, 'audit records are lost')
    this.#lost = 0
  }
}
