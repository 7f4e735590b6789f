/** HPACK (RFC 7541), the half that reads. Its table lives as long as the connection. */

import { FIELD_BLOCK_BYTES_MAX } from '../limits.ts'
import { CODE, ConnectionError } from '../protocol.ts'
import { createField, type Field } from './field.ts'
import { decodeHuffman } from './huffman.ts'
import { FieldTable } from './tables.ts'

/** Lengths and indexes beyond any block of ours are nonsense. */
const INTEGER_MAX = 0xfffff
const SHIFT_MAX = 21
/** What a string is decoded into before it is one. A code has five bits at least. */
const TEXT = Buffer.allocUnsafeSlow(Math.ceil((FIELD_BLOCK_BYTES_MAX * 8) / 5))

export class FieldDecoder {
  readonly #table: FieldTable
  #bytes: Buffer = TEXT
  #at = 0
  #end = 0

  constructor(tableBytesMax: number) {
    this.#table = new FieldTable(tableBytesMax)
  }

  get tableBytes(): number {
    return this.#table.bytes
  }

  /**
   * Hands each field of a whole block, of at most `FIELD_BLOCK_BYTES_MAX`, to `add`.
   * @throws ConnectionError when the block cannot be read: the tables of both sides differ from then on.
   */
  decode(bytes: Buffer, start: number, end: number, add: (field: Field) => void): void {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
    this.#readSizes()
    while (this.#at < this.#end) {
      const first = bytes[this.#at] ?? 0
      if (first >= 0x80) add(this.#indexed(this.#integer(0x7f)))
      else if (first >= 0x40) add(this.#remembered())
      else if (first >= 0x20) throw unreadable('a change of the table’s size after a field')
      else add(this.#literal(0x0f))
    }
  }

  /** Changes of the table's size stand at the beginning only. */
  #readSizes(): void {
    while (this.#at < this.#end && ((this.#bytes[this.#at] ?? 0) & 0xe0) === 0x20) {
      if (!this.#table.resize(this.#integer(0x1f))) throw unreadable('a table beyond its bound')
    }
  }

  #remembered(): Field {
    const field = this.#literal(0x3f)
    this.#table.add(field)
    return field
  }

  #literal(mask: number): Field {
    const index = this.#integer(mask)
    const name = index === 0 ? this.#string() : this.#indexed(index).name
    return createField(name, this.#string())
  }

  #indexed(index: number): Field {
    const field = this.#table.at(index)
    if (field === undefined) throw unreadable('an index of nothing')
    return field
  }

  /** The bits of `mask` in the next byte, and the bytes behind it when they are all set. */
  #integer(mask: number): number {
    let value = this.#byte() & mask
    if (value < mask) return value
    for (let shift = 0; shift <= SHIFT_MAX; shift += 7) {
      const byte = this.#byte()
      value += (byte & 0x7f) << shift
      if (byte < 0x80) {
        if (value > INTEGER_MAX) break
        return value
      }
    }
    throw unreadable('a number beyond any use')
  }

  #string(): string {
    if (this.#at >= this.#end) throw unreadable('a block that ends early')
    const isHuffman = (this.#bytes[this.#at] ?? 0) >= 0x80
    const length = this.#integer(0x7f)
    const start = this.#at
    if (length > this.#end - start) throw unreadable('a string beyond its block')
    this.#at += length
    if (!isHuffman) return this.#bytes.toString('latin1', start, this.#at)
    const written = decodeHuffman(this.#bytes, start, this.#at, TEXT)
    if (written < 0) throw unreadable('no Huffman code')
    return TEXT.toString('latin1', 0, written)
  }

  #byte(): number {
    if (this.#at >= this.#end) throw unreadable('a block that ends early')
    const byte = this.#bytes[this.#at] ?? 0
    this.#at += 1
    return byte
  }
}

function unreadable(what: string): ConnectionError {
  return new ConnectionError(CODE.compression, `header block with ${what}`)
}
