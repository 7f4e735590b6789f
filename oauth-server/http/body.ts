/** Reading a request's body up to a bound. */

import type { IncomingMessage } from 'node:http'
import type Koa from 'koa'
import { OAuthError } from '../../lib/oauth/error.ts'

/** What it is read from, and where its refusal is told. */
export type BodyPlace = Pick<Koa.Context, 'req' | 'res'>

/**
 * @throws OAuthError with status 413 when the body is larger, with 415 when it is compressed, with 400 where its
 * client leaves before its end.
 */
export function readBody({ req, res }: BodyPlace, bytesMax: number): Promise<string> {
  if (!isCoded(req)) return readPlain(req, bytesMax)
  // RFC 9110 section 15.5.16: what would have been taken.
  res.setHeader('Accept-Encoding', 'identity')
  const description = 'the body must be sent without a Content-Encoding'
  return Promise.reject(new OAuthError('invalid_request', description, { status: 415 }))
}

/** Taken for a form or JSON, packed bytes would only seem to lack what is in them (RFC 9110 section 8.4). */
function isCoded({ headers }: IncomingMessage): boolean {
  const codings = (headers['content-encoding'] ?? '')
    .split(',')
    .map((one) => one.trim().toLowerCase())
  return codings.some((coding) => coding !== '' && coding !== 'identity')
}

function readPlain(request: IncomingMessage, bytesMax: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const chunks: Buffer[] = []
  let bytes = 0
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length
    if (bytes <= bytesMax) {
      chunks.push(chunk)
      return
    }
    // Not destroyed: the answer still has to leave on this connection. Node drops the rest.
    request.off('data', onData)
    reject(new OAuthError('invalid_request', `the body exceeds ${bytesMax} bytes`, { status: 413 }))
  }
  request.on('data', onData)
  request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
  // Nobody hears the answer; the log and the figures do, and must not take it for a failure of ours.
  request.once('error', (error) => reject(toCutOff(error)))
  // Who left during a step before this one is announced no more.
  if (request.destroyed && !request.readableEnded) reject(toCutOff(request.errored))
  return promise
}

function toCutOff(cause: Error | null): OAuthError {
  const detail = cause?.message ?? 'aborted'
  return new OAuthError('invalid_request', 'the body was cut off', { detail, cause })
}

/** The media type without parameters, in lower case. */
export function mediaType(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}
