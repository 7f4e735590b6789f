/** HTTP/1.1 as bytes: what no client library would send. */

import { connect } from 'node:net'

/** So long nothing came: then nothing will. */
const SILENCE_MS = 1500

export interface RawReply {
  /** Everything that came back. */
  readonly text: string
  /** Of the first answer; 0 when there was none. */
  readonly status: number
  readonly answers: number
  /** Whether the server hung up, not we. */
  readonly closed: boolean
}

/** Sends `bytes` and hears until the server hangs up or falls silent. */
export function sendBytes(port: number, bytes: string | Buffer): Promise<RawReply> {
  const { promise, resolve } = Promise.withResolvers<RawReply>()
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
  let text = ''
  let closed = true
  socket.setTimeout(SILENCE_MS, () => {
    closed = false
    socket.destroy()
  })
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  // A reset is a way of hanging up.
  socket.on('error', () => {})
  socket.once('close', () => {
    const answers = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].filter(([, code]) => code !== '100')
    resolve({ text, status: Number(answers[0]?.[1] ?? 0), answers: answers.length, closed })
  })
  return promise
}

/** A request from its lines, without a body. */
export function requestText(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`
}
