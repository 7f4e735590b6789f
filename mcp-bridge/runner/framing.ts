/**
 * Newline-delimited messages out of a byte stream (MCP stdio transport), bounded by bytes.
 *
 * Bytes are cut at `\n` before they are decoded, so a character split between two chunks stays
 * whole. Of a line beyond the bound only head and tail are kept: enough to tell which call it was.
 */

/** JSON-RPC ids of ours stand within the first or the last few bytes of a line. */
export const KEPT_BYTES = 256
/** A line may come byte by byte: chunks are joined from time to time, as each costs more than a byte. */
const LOOSE_CHUNKS_MAX = 256

export interface FrameSink {
  frame(line: Buffer): void
  /** A line longer than the bound was skipped. */
  oversized(head: string, tail: string): void
}

export class FrameReader {
  readonly #bytesMax: number
  readonly #sink: FrameSink
  #chunks: Buffer[] = []
  #bytes = 0
  #loose = 0
  #skipped: { head: string; tail: Buffer } | undefined

  constructor(bytesMax: number, sink: FrameSink) {
    this.#bytesMax = bytesMax
    this.#sink = sink
  }

  /** Returns how many lines ended in it. */
  write(chunk: Buffer): number {
    let lines = 0
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#append(chunk.subarray(start, end))
      this.#finish()
      start = end + 1
      lines += 1
    }
    this.#append(chunk.subarray(start))
    return lines
  }

  #append(part: Buffer): void {
    if (part.length === 0) return
    if (this.#skipped !== undefined) {
      this.#skipped.tail = Buffer.concat([this.#skipped.tail, part.subarray(-KEPT_BYTES)])
      this.#skipped.tail = this.#skipped.tail.subarray(-KEPT_BYTES)
      return
    }
    this.#chunks.push(part)
    this.#bytes += part.length
    this.#loose += 1
    if (this.#loose === LOOSE_CHUNKS_MAX) this.#join()
    if (this.#bytes <= this.#bytesMax) return
    const line = this.#take()
    this.#skipped = {
      head: line.subarray(0, KEPT_BYTES).toString('latin1'),
      tail: Buffer.from(line.subarray(-KEPT_BYTES)),
    }
  }

  #join(): void {
    this.#chunks.push(Buffer.concat(this.#chunks.splice(-LOOSE_CHUNKS_MAX)))
    this.#loose = 0
  }

  #finish(): void {
    const skipped = this.#skipped
    this.#skipped = undefined
    if (skipped !== undefined) this.#sink.oversized(skipped.head, skipped.tail.toString('latin1'))
    else if (this.#bytes > 0) this.#sink.frame(this.#take())
  }

  #take(): Buffer {
    const [only] = this.#chunks
    const line = this.#chunks.length === 1 && only ? only : Buffer.concat(this.#chunks)
    this.#chunks = []
    this.#bytes = 0
    this.#loose = 0
    return line
  }
}
