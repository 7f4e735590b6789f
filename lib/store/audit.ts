/**
 * The audit log: who did what to what, and with which outcome. Every room appends to it, nobody changes it.
 *
 * Keys: `audit` (stream, oldest first, about AUDIT_ENTRIES long), each entry one record as JSON;
 * `audit-batch:<writer>` (number of its last batch), 5 minutes. Written
 * behind, many records in one command: nobody waits for it. While the store is away a bounded number waits
 * for its return; what comes on top is counted, and told in the log.
 */

import type { Redis } from 'ioredis'
import type { Log } from '../platform/log.ts'
import { outsideRequests } from '../platform/request-context.ts'
import { randomText } from '../platform/seal.ts'
import { AuditBatch } from './audit-batch.ts'
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
  if tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[4]) then return end
  redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[2])
  for record in string.gmatch(ARGV[3], '[^\\n]+') do
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'record', record)
  end
`)

export function redisAudit(options: AuditOptions): AuditTrail {
  return new WrittenBehind(options)
}

class WrittenBehind implements AuditTrail {
  readonly #options: AuditOptions
  /** Holds the number of our last batch there. */
  readonly #key = `audit-batch:${randomText(12)}`
  #begun = 0
  /** Oldest first: the first may be on its way, until the store has acknowledged it. */
  readonly #batches: AuditBatch[] = []
  /** The last of them, while more may join it. */
  #open: AuditBatch | undefined
  /** Records in all of them. */
  #unwritten = 0
  #timer: NodeJS.Timeout | undefined
  #writing = Promise.resolve()
  #lost = 0
  /** Whether the last writing failed, which was told once. */
  #isFailing = false

  constructor(options: AuditOptions) {
    this.#options = options
  }

  append(record: AuditRecord): void {
    if (this.#unwritten >= UNWRITTEN_MAX) {
      this.#lose()
      return
    }
    const open = this.#open ?? this.#begin()
    open.add(record)
    this.#unwritten += 1
    if (open.count < RECORDS_MAX) {
      this.#schedule()
      return
    }
    this.#open = undefined
    if (!this.#isFailing) void this.#writeClosed()
  }

  async flush(): Promise<void> {
    await this.#writeAll()
    const records = this.#unwritten
    if (records > 0) this.#options.log.warn({ records }, 'audit records are lost')
  }

  #begin(): AuditBatch {
    this.#begun += 1
    this.#open = new AuditBatch(this.#begun)
    this.#batches.push(this.#open)
    return this.#open
  }

  #schedule(): void {
    const { writeMs = WRITE_MS } = this.#options
    const afterMs = this.#isFailing ? AGAIN_MS : writeMs
    this.#timer ??= outsideRequests(() => setTimeout(() => void this.#writeAll(), afterMs).unref())
  }

  #writeAll(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#open = undefined
    return this.#writeClosed()
  }

  /** One after the other: a batch is on its way once. */
  #writeClosed(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeBatches())
    return this.#writing
  }

  /**
   * Until the store does not take one. What still waits for its time is left to it: a busy gateway that wrote
   * whatever came during the last command would write nearly each record by itself.
   */
  async #writeBatches(): Promise<void> {
    const { redis, entriesMax, log } = this.#options
    for (;;) {
      const [batch] = this.#batches
      if (batch === undefined || batch === this.#open) return
      try {
        const { number, text } = batch
        await append(redis, [AUDIT_KEY, this.#key], [entriesMax, BATCH_SECONDS, text, number])
      } catch (error) {
        if (!this.#isFailing) log.warn({ err: error }, 'the audit log cannot be written')
        this.#isFailing = true
        this.#schedule()
        return
      }
      this.#batches.shift()
      this.#unwritten -= batch.count
      this.#isFailing = false
      this.#tellLost()
    }
  }

  /** The first is told at once, the others when the store is back. */
  #lose(): void {
    if (this.#lost === 0) this.#options.log.warn('audit records are lost: too many are unwritten')
    this.#lost += 1
  }

  #tellLost(): void {
    if (this.#lost > 0) this.#options.log.warn({ records: this.#lost }, 'audit records are lost')
    this.#lost = 0
  }
}
