/** The answer of a native server, read on its way to the client: JSON as a whole, a stream event by event. */

import { Transform } from 'node:stream'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { StreamText } from '../stream-text.ts'
import type { AnswerReader } from '../tools/answer-reader.ts'

export type PassingReader = Pick<AnswerReader, 'read' | 'end'>

/** @param bytesMax of a whole answer, or of one event: beyond it the answer is broken off. */
export function readAnswer(reader: PassingReader, isStream: boolean, bytesMax: number): Transform {
  return isStream ? eventsThrough(reader, bytesMax) : textThrough(reader, bytesMax)
}

function textThrough(reader: PassingReader, bytesMax: number): Transform {
  const chunks: Buffer[] = []
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length
      chunks.push(chunk)
      done(bytes > bytesMax ? tooLarge(bytesMax) : null)
    },
    flush(done) {
      done(null, reader.read(Buffer.concat(chunks).toString('utf8')))
    },
  })
}

/** What leaves is a number of whole events each time; comments, which keep a connection alive, are our own. */
function eventsThrough(reader: PassingReader, bytesMax: number): Transform {
  const text = new StreamText()
  let ready = ''
  let retry: number | undefined
  let fault: Error | undefined
  const parser = createParser({
    maxBufferSize: bytesMax,
    onEvent: (event) => {
      ready += toText(event, reader.read(event.data), retry)
      retry = undefined
    },
    onRetry: (retryMs) => {
      retry = retryMs
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') fault = tooLarge(bytesMax)
    },
  })
  return new Transform({
    transform(chunk: Buffer, _, done) {
      parser.feed(text.decode(chunk))
      const events = ready
      ready = ''
      done(fault ?? null, events === '' ? undefined : events)
    },
  })
}

function toText({ id, event }: EventSourceMessage, data: string, retry?: number): string {
  const fields = [
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(retry === undefined ? [] : [`retry: ${retry}`]),
    ...data.split('\n').map((line) => `data: ${line}`),
  ]
  return `${fields.join('\n')}\n\n`
}

function tooLarge(bytesMax: number): Error {
  return new Error(`more than ${bytesMax} bytes at once`)
}
