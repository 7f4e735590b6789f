/** One JSON document on each line, over whatever carries text both ways. */

import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/**
 * What stands on each line, as long as there is one. What is not ended by a line feed is cut off.
 * @throws RangeError for a line that is too long, SyntaxError for one that is no JSON.
 */
export async function* readJsonLines(
  stream: Readable,
  charactersMax: number,
): AsyncGenerator<unknown> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const pieces = (rest + decoder.write(chunk)).split('\n')
    rest = pieces.pop() ?? ''
    if (rest.length > charactersMax) {
      throw new RangeError(`a line has more than ${charactersMax} characters`)
    }
    for (const piece of pieces) yield JSON.parse(piece)
  }
}

export function toJsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`
}
