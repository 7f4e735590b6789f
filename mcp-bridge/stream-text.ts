/**
 * The bytes of an event stream as text (WHATWG HTML section 9.2.5): without its byte order mark, every line
 * ended by a line feed. A parser that meets a CR at the end of what it has would wait for what follows.
 */
export class StreamText {
  /** Two marks, of which the first is cut in two, would both be taken away. */
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  #isBegun = false
  #isAfterReturn = false

  /** Characters and line ends may be cut between two chunks. */
  decode(chunk: Buffer): string {
    const text = this.#decoder.decode(chunk, { stream: true })
    if (text === '') return text
    const isMarked = !this.#isBegun && text.startsWith('\uFEFF')
    const isRest = this.#isAfterReturn && text.startsWith('\n')
    this.#isBegun = true
    this.#isAfterReturn = text.endsWith('\r')
    const lines = isMarked || isRest ? text.slice(1) : text
    return lines.includes('\r') ? lines.replaceAll(/\r\n?/g, '\n') : lines
  }
}
