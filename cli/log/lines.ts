/** Cuts a stream into lines, bounded: a part that never ends its line must not fill our memory. */

import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

const LINE_CHARACTERS_MAX = 65_536

/** Calls `onLine` for each line that is not empty; the last one also when nothing ends it. */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const emit = (line: string): void => {
    const text = withoutReturn(line)
    if (text.trim() !== '') onLine(text)
  }
  stream.on('data', (chunk: Buffer) => {
    const pieces = (rest + decoder.write(chunk)).split('\n')
    rest = pieces.pop() ?? ''
    for (const piece of pieces) emit(piece)
    if (rest.length <= LINE_CHARACTERS_MAX) return
    emit(rest)
    rest = ''
  })
  stream.on('end', () => emit(rest + decoder.end()))
  // The part's end is told by its process.
  stream.on('error', () => {})
}

/**
 * The lines that are not empty, read as they are asked for; of one that is too long the beginning is left out.
 * @throws whatever the input throws.
 */
export async function* linesOf(input: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of input) {
    const pieces = (rest + (typeof chunk === 'string' ? chunk : decoder.write(chunk))).split('\n')
    rest = pieces.pop() ?? ''
    for (const line of pieces.map(withoutReturn)) if (line !== '') yield line
    // Nobody's line: what is left of it is none either.
    if (rest.length > LINE_CHARACTERS_MAX) rest = ''
  }
  const last = withoutReturn(rest + decoder.end())
  if (last !== '') yield last
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line
}
