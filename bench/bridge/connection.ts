/**
 * One keep-alive connection of the load: a request at a time, its answer whole.
 *
 * HTTP is written and read by hand, because a client library would cost more CPU than some of what is
 * measured, and the load shares the machine with it.
 */

import { createConnection, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Where a bridge listens. */
export type Address = { readonly path: string } | { readonly host: string; readonly port: number }

export interface Connection {
  readonly isOpen: boolean
  /** @throws Error when the server closes instead. */
  ask(request: string): Promise<Answer>
  close(): void
}

export async function connect(address: Address): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = createConnection(address, resolve)
  socket.setNoDelay(true)
  socket.once('error', reject)
  await promise
  return readAnswers(socket)
}

function readAnswers(socket: Socket): Connection {
  let waiting: PromiseWithResolvers<Answer> | undefined
  let held = ''
  // One character for each byte, so that lengths are those of the header.
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    held += chunk
    const answer = parseAnswer(held)
    if (answer === undefined) return
    held = ''
    waiting?.resolve(answer)
  })
  const closed = new Error('the server closed a connection')
  socket.on('error', () => {
    // Told by the close that follows.
  })
  socket.on('close', () => waiting?.reject(closed))
  return {
    get isOpen() {
      return !socket.destroyed
    },
    ask(request) {
      if (socket.destroyed) return Promise.reject(closed)
      waiting = Promise.withResolvers<Answer>()
      socket.write(request, 'latin1')
      return waiting.promise
    },
    close() {
      waiting = undefined
      socket.destroy()
    },
  }
}

const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i
const CHUNKED = /\r\ntransfer-encoding: *chunked/i
const WITHOUT_BODY = new Set([202, 204])
const STATUS_AT = 'HTTP/1.1 '.length

/** Undefined until all of it is there. */
export function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const status = Number(text.slice(STATUS_AT, STATUS_AT + 3))
  const body = readBody(head, text, { from: end + 4, isEmpty: WITHOUT_BODY.has(status) })
  return body === undefined ? undefined : { status, head, body }
}

function readBody(
  head: string,
  text: string,
  { from, isEmpty }: { from: number; isEmpty: boolean },
): string | undefined {
  const length = CONTENT_LENGTH.exec(head)?.[1]
  if (length !== undefined) {
    return text.length - from < Number(length) ? undefined : text.slice(from)
  }
  if (CHUNKED.test(head)) return joinChunks(text, from)
  if (isEmpty) return ''
  throw new Error(`the end of an answer cannot be told: ${head}`)
}

function joinChunks(text: string, from: number): string | undefined {
  let body = ''
  for (let at = from; ; ) {
    const end = text.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(text.slice(at, end), 16)
    const next = end + 2 + size + 2
    if (next > text.length) return undefined
    if (size === 0) return body
    body += text.slice(end + 2, end + 2 + size)
    at = next
  }
}
