/** The answer of a native server on its way to the client, and how it ends before it is complete. */

import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { toEvent } from '../event-stream.ts'
import type { Exchange } from '../exchange.ts'
import { type RpcFault, serialize } from '../json-rpc.ts'
import type { Beaten, Ticker } from '../ticker.ts'
import { cutUnread } from '../unread-answer.ts'
import { type PassingReader, readAnswer } from './read-answer.ts'
import { toRefusals } from './refuse.ts'
import { forwardable, isStream } from './upstream.ts'

const STREAM_HEADERS = { 'x-accel-buffering': 'no', 'cache-control': 'no-cache, no-transform' }

/** Returns what ends it early. */
export function passOn(
  answer: IncomingMessage,
  exchange: Exchange,
  keepAlive: Ticker,
  reader?: PassingReader,
): (fault: RpcFault) => void {
  const { response, service } = exchange
  // Who has left before it began takes nothing of it, and nobody would hear of its end.
  if (response.destroyed) {
    answer.on('error', () => {}).destroy()
    return () => {}
  }
  const streams = isStream(answer)
  response.writeHead(answer.statusCode ?? 502, {
    ...forwardable(answer.headers),
    ...(streams ? STREAM_HEADERS : {}),
  })
  response.flushHeaders()
  cutUnread(response, keepAlive)
  // Cut off in the middle, an answer must not look complete.
  const cut = (): void => {
    reader?.end()
    response.destroy()
  }
  answer.once('error', cut)
  const read = reader && readAnswer(reader, streams, service.limits.messageBytes).on('error', cut)
  const source: Readable = read === undefined ? answer : answer.pipe(read)
  const isBetween = streams ? beatBetweenEvents(source, response, keepAlive) : () => false
  response.once('close', () => answer.destroy())
  source.pipe(response)
  return (fault) => {
    answer.off('error', cut).on('error', () => {
      // We break it off ourselves.
    })
    source.unpipe(response)
    answer.destroy()
    if (!isBetween()) cut()
    else
      response.end(
        toRefusals(exchange, fault)
          .map(serialize)
          .map((json) => toEvent(json))
          .join(''),
      )
  }
}

/** Comments keep a silent stream alive; they must not fall into the middle of an event. */
function beatBetweenEvents(
  answer: Readable,
  response: Exchange['response'],
  keepAlive: Ticker,
): () => boolean {
  let isBetween = true
  answer.on('data', (chunk: Buffer) => {
    isBetween = chunk.subarray(-2).equals(Buffer.from('\n\n'))
  })
  const beaten: Beaten = {
    beat() {
      if (isBetween && response.writable) response.write(': keepalive\n\n')
    },
  }
  keepAlive.add(beaten)
  const stop = (): void => keepAlive.remove(beaten)
  answer.once('end', stop)
  response.once('close', stop)
  return () => isBetween
}
