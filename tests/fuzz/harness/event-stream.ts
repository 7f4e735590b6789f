/** Event streams read as WHATWG HTML section 9.2.6 says, sentence by sentence: a second opinion, and slow. */

export interface ReferenceEvent {
  readonly event: string
  readonly data: string
}

export interface ReferenceReading {
  readonly events: readonly ReferenceEvent[]
  /** Of the last event that had one. */
  readonly lastId: string | undefined
  readonly retry: number | undefined
}

export function readReference(bytes: Buffer): ReferenceReading {
  const reader = new Reader()
  // "UTF-8 decode" takes one byte order mark away.
  for (const line of linesOf(new TextDecoder('utf-8').decode(bytes))) reader.read(line)
  return reader
}

class Reader implements ReferenceReading {
  readonly events: ReferenceEvent[] = []
  lastId: string | undefined
  retry: number | undefined
  #data = ''
  #event = ''
  #id: string | undefined

  read(line: string): void {
    const colon = line.indexOf(':')
    if (line === '') this.#dispatch()
    else if (colon === -1) this.#take(line, '')
    else if (colon > 0) this.#take(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''))
  }

  #take(field: string, value: string): void {
    if (field === 'data') this.#data += `${value}\n`
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'retry' && /^[0-9]+$/.test(value)) this.retry = Number(value)
  }

  #dispatch(): void {
    if (this.#data !== '') {
      const event = this.#event === '' ? 'message' : this.#event
      this.events.push({ event, data: this.#data.slice(0, -1) })
      this.lastId = this.#id ?? this.lastId
    }
    this.#data = ''
    this.#event = ''
    this.#id = undefined
  }
}

/** What has no end is no line: it is discarded. */
function linesOf(text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]
    if (character === '\r' && text[at + 1] === '\n') at += 1
    if (character === '\r' || character === '\n') {
      lines.push(line)
      line = ''
    } else line += character
  }
  return lines
}
