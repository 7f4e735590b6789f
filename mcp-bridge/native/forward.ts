/** A request of a native session, passed on as it is; its answer streams back unbuffered. */

import type { IncomingMessage } from 'node:http'
import type { Bridge } from '../bridge.ts'
import type { Exchange } from '../exchange.ts'
import type { KeepAlive } from '../keep-alive.ts'
import type { NativeSession } from './native-session.ts'
import { ask, forwardable } from './upstream.ts'

const STREAM_HEADERS = { 'x-accel-buffering': 'no', 'cache-control': 'no-cache, no-transform' }

/** @throws RpcFault when the server cannot be asked. */
export async function forward(
  bridge: Bridge,
  exchange: Exchange,
  session: NativeSession,
  body?: Buffer,
): Promise<void> {
  const { request, service } = exchange
  const leave = session.enter()
  exchange.response.once('close', leave)
  const server = await bridge.natives.ensure(service)
  const answer = await ask(server, service.name, {
    method: request.method ?? 'POST',
    path: request.url ?? '/',
    headers: request.headers,
    body,
  })
  // The server has forgotten it, e.g. because it was started anew.
  if (answer.statusCode === 404) bridge.sessions.end(session.id)
  passOn(answer, exchange, bridge.keepAlive)
}

export function passOn(
  answer: IncomingMessage,
  { response }: Exchange,
  keepAlive: KeepAlive,
): void {
  const isStream = answer.headers['content-type']?.startsWith('text/event-stream') === true
  response.writeHead(answer.statusCode ?? 502, {
    ...forwardable(answer.headers),
    ...(isStream ? STREAM_HEADERS : {}),
  })
  response.flushHeaders()
  if (isStream) beatBetweenEvents(answer, response, keepAlive)
  response.once('close', () => answer.destroy())
  // Cut off in the middle, an answer must not look complete.
  answer.once('error', () => response.destroy())
  answer.pipe(response)
}

/** Comments keep a silent stream alive; they must not fall into the middle of an event. */
function beatBetweenEvents(
  answer: IncomingMessage,
  response: Exchange['response'],
  keepAlive: KeepAlive,
): void {
  let isBetween = true
  answer.on('data', (chunk: Buffer) => {
    isBetween = chunk.subarray(-2).equals(Buffer.from('\n\n'))
  })
  const beat = (): void => {
    if (isBetween && response.writable) response.write(': keepalive\n\n')
  }
  const stop = keepAlive.add({ beat })
  answer.once('end', stop)
  response.once('close', stop)
}
