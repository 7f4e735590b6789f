/** The bytes of an answer, decoded, and no more of them than anybody can use. */

import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import { FetchFault } from './fetch-fault.ts'

/** Decoded: a small answer may unpack to anything. */
const BODY_BYTES_MAX = 10 * 1024 * 1024

export interface Body {
  readonly bytes: Buffer
  /** Whether there was more. */
  readonly isCut: boolean
}

/**
 * @param signal the exchange's.
 * @throws FetchFault for a coding that nobody asked for, an error of the connection or the coding, or the signal's
 * reason.
 */
export async function readBody(
  answer: IncomingMessage,
  signal: AbortSignal,
  bytesMax = BODY_BYTES_MAX,
): Promise<Body> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of decoded(answer) as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > bytesMax) break
  }
  answer.destroy()
  // A body that ends with its connection looks whole when the deadline has ended that.
  signal.throwIfAborted()
  return { bytes: Buffer.concat(chunks).subarray(0, bytesMax), isCut: length > bytesMax }
}

function decoded(answer: IncomingMessage): Readable {
  const coding = (answer.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return answer
  const decoder = decoderOf(coding)
  if (decoder === undefined) {
    answer.destroy()
    throw new FetchFault(`The answer is encoded as ${coding}, which was not asked for.`)
  }
  answer.on('error', (error) => decoder.destroy(error))
  return answer.pipe(decoder)
}

function decoderOf(coding: string) {
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip()
  if (coding === 'deflate') return createInflate()
  if (coding === 'br') return createBrotliDecompress()
  return undefined
}
