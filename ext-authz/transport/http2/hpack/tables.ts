/** The static table of RFC 7541, appendix A, and the dynamic one behind it. */

import { createField, type Field } from './field.ts'

const STATIC: readonly Field[] = [
  createField(':authority', ''),
  createField(':method', 'GET'),
  createField(':method', 'POST'),
  createField(':path', '/'),
  createField(':path', '/index.html'),
  createField(':scheme', 'http'),
  createField(':scheme', 'https'),
  createField(':status', '200'),
  createField(':status', '204'),
  createField(':status', '206'),
  createField(':status', '304'),
  createField(':status', '400'),
  createField(':status', '404'),
  createField(':status', '500'),
  createField('accept-charset', ''),
  createField('accept-encoding', 'gzip, deflate'),
  createField('accept-language', ''),
  createField('accept-ranges', ''),
  createField('accept', ''),
  createField('access-control-allow-origin', ''),
  createField('age', ''),
  createField('allow', ''),
  createField('authorization', ''),
  createField('cache-control', ''),
  createField('content-disposition', ''),
  createField('content-encoding', ''),
  createField('content-language', ''),
  createField('content-length', ''),
  createField('content-location', ''),
  createField('content-range', ''),
  createField('content-type', ''),
  createField('cookie', ''),
  createField('date', ''),
  createField('etag', ''),
  createField('expect', ''),
  createField('expires', ''),
  createField('from', ''),
  createField('host', ''),
  createField('if-match', ''),
  createField('if-modified-since', ''),
  createField('if-none-match', ''),
  createField('if-range', ''),
  createField('if-unmodified-since', ''),
  createField('last-modified', ''),
  createField('link', ''),
  createField('location', ''),
  createField('max-forwards', ''),
  createField('proxy-authenticate', ''),
  createField('proxy-authorization', ''),
  createField('range', ''),
  createField('referer', ''),
  createField('refresh', ''),
  createField('retry-after', ''),
  createField('server', ''),
  createField('set-cookie', ''),
  createField('strict-transport-security', ''),
  createField('transfer-encoding', ''),
  createField('user-agent', ''),
  createField('vary', ''),
  createField('via', ''),
  createField('www-authenticate', ''),
]

/** No entry is counted with less. */
const ENTRY_BYTES_MIN = 32

/** A ring: the newest entry has the lowest index, and the oldest goes first. */
export class FieldTable {
  readonly #bytesMax: number
  readonly #ring: (Field | undefined)[]
  #newest = 0
  #count = 0
  #bytes = 0
  #bytesNow: number

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#bytesNow = bytesMax
    this.#ring = new Array<Field | undefined>(Math.ceil(bytesMax / ENTRY_BYTES_MIN) + 1).fill(
      undefined,
    )
  }

  /** Counted from 1, the static table first. */
  at(index: number): Field | undefined {
    if (index <= STATIC.length) return STATIC[index - 1]
    const age = index - STATIC.length - 1
    if (age >= this.#count) return undefined
    const slot = this.#newest - age
    return this.#ring[slot < 0 ? slot + this.#ring.length : slot]
  }

  /** One that is larger than the table empties it. */
  add(field: Field): void {
    this.#shrinkTo(this.#bytesNow - field.bytes)
    if (field.bytes > this.#bytesNow) return
    this.#newest = (this.#newest + 1) % this.#ring.length
    this.#ring[this.#newest] = field
    this.#count += 1
    this.#bytes += field.bytes
  }

  /** @returns whether the peer may have that much. */
  resize(bytes: number): boolean {
    if (bytes > this.#bytesMax) return false
    this.#bytesNow = bytes
    this.#shrinkTo(bytes)
    return true
  }

  get bytes(): number {
    return this.#bytes
  }

  #shrinkTo(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      const slot = this.#newest - this.#count + 1
      const oldest = slot < 0 ? slot + this.#ring.length : slot
      this.#bytes -= this.#ring[oldest]?.bytes ?? 0
      this.#ring[oldest] = undefined
      this.#count -= 1
    }
  }
}
