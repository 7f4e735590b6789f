/** The body of one request, as a whole. */

import type { Bodies, Held } from './bodies.ts'
import type { Exchange } from './exchange.ts'
import { RpcFault } from './json-rpc.ts'
import { BODY_BYTES_MAX, BODY_UNCOUNTED_BYTES, DISCARDED_BYTES_MAX } from './limits.ts'

/**
 * @throws RpcFault 413 for a body beyond the limit, 429 or 503 where too much is held already, 400 for one
 * that was cut off.
 *
 * Many clients send all of a body before they read an answer: one that is a little too large is read
 * to its end, or they would see a broken connection instead.
 */
export function readBody(
  { request, identity, admission }: Pick<Exchange, 'request' | 'identity' | 'admission'>,
  bodies: Bodies,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const declared = Number(request.headers['content-length'])
  let chunks: Buffer[] = []
  let bytes = 0
  let held: Held | undefined
  let fault: RpcFault | undefined
  /** Whoever holds the answer holds the request as well: what listens to it would keep the body there. */
  const leave = (): void => {
    request.off('data', take).off('end', end).off('close', close)
  }
  const cutOff = (): void => {
    request.off('data', take).pause()
    reject(tooLarge({ connection: 'close' }))
  }
  const assess = (chunk: Buffer): RpcFault | undefined => {
    if (bytes > BODY_BYTES_MAX) return tooLarge()
    // Most are small, and come in one piece: they wait for nothing.
    if (chunk.length === declared && declared <= BODY_UNCOUNTED_BYTES) return undefined
    held ??= bodies.hold(identity.userId, admission)
    return held.grow(chunk.length)
  }
  const take = (chunk: Buffer): void => {
    bytes += chunk.length
    fault ??= assess(chunk)
    if (fault === undefined) chunks.push(chunk)
    else {
      chunks = []
      held?.release()
    }
    if (bytes > DISCARDED_BYTES_MAX) cutOff()
  }
  const end = (): void => {
    leave()
    if (fault === undefined) resolve(whole(chunks))
    else reject(fault)
  }
  const close = (): void => {
    leave()
    if (!request.complete) reject(new RpcFault(400, 'invalidRequest', 'the body is cut off'))
  }
  request.on('data', take).once('end', end).once('close', close)
  if (declared > DISCARDED_BYTES_MAX) cutOff()
  return promise
}

function whole(chunks: readonly Buffer[]): Buffer {
  const [only] = chunks
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)
}

function tooLarge(headers: Readonly<Record<string, string>> = {}): RpcFault {
  const message = `the body is larger than ${BODY_BYTES_MAX} bytes`
  return new RpcFault(413, 'invalidRequest', message, { headers })
}
