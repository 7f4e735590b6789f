/**
 * Audit records on their way to the store, as the lines of one text. It is no text of the language's own: some
 * thousand of those, kept for a moment and then dropped, are what a collector has to move and a request waits for.
 */

import type { AuditRecord } from './audit-record.ts'

const FIRST_BYTES = 4096
const NEWLINE = 10
/** What one UTF-16 unit can become in UTF-8. */
const UNIT_BYTES = 3

export class AuditBatch {
  /** Of its writer's: by it the store knows a batch that it has already. */
  readonly number: number
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #length = 0
  #count = 0

  constructor(number: number) {
    this.number = number
  }

  /** Of records. */
  get count(): number {
    return this.#count
  }

  /** Each record ends its line. */
  get text(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  add(record: AuditRecord): void {
    const line = JSON.stringify(record)
    this.#reserve(line.length * UNIT_BYTES + 1)
    this.#length += this.#bytes.write(line, this.#length)
    this.#bytes[this.#length] = NEWLINE
    this.#length += 1
    this.#count += 1
  }

  #reserve(bytes: number): void {
    const wanted = this.#length + bytes
    if (wanted <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.#bytes.length))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}
