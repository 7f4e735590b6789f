/**
 * The load: a closed loop over keep-alive connections to a unix socket.
 *
 * HTTP is written and read by hand, because a client library would cost more CPU than some of what is
 * measured, and the core of the load is shared with the store.
 */

import { createConnection, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly body: string
}

/** What one round of an operation sends. */
export interface Supply {
  /** The next request of this connection; undefined when there is none left. */
  next(connection: number): string | undefined
  /** Whether the answer is the right one; takes from it what later requests need. */
  accept(answer: Answer, connection: number): boolean
}

export interface Outcome {
  readonly requests: number
  readonly errors: number
  /** An answer that was not right, for the reader. */
  readonly sample: Answer | undefined
  readonly seconds: number
  readonly latenciesMs: Float64Array
}

export interface Load {
  run(supply: Supply, seconds: number): Promise<Outcome>
  close(): void
}

interface Connection {
  ask(request: string): Promise<Answer>
  close(): void
}

export async function openLoad(socketPath: string, connections: number): Promise<Load> {
  const open = await Promise.all(Array.from({ length: connections }, () => connect(socketPath)))
  return {
    async run(supply, seconds) {
      const tally = createTally()
      const began = performance.now()
      const deadline = began + seconds * 1000
      const workers = open.map((connection, index) =>
        keepAsking(connection, { index, supply, deadline, tally }),
      )
      await Promise.all(workers)
      return tally.outcome((performance.now() - began) / 1000)
    },
    close: () => {
      for (const connection of open) connection.close()
    },
  }
}

interface Turn {
  readonly index: number
  readonly supply: Supply
  readonly deadline: number
  readonly tally: Tally
}

async function keepAsking(
  connection: Connection,
  { index, supply, deadline, tally }: Turn,
): Promise<void> {
  for (;;) {
    const began = performance.now()
    const request = began < deadline ? supply.next(index) : undefined
    if (request === undefined) return
    const answer = await connection.ask(request)
    tally.add(performance.now() - began, supply.accept(answer, index) ? undefined : answer)
  }
}

interface Tally {
  add(milliseconds: number, wrong: Answer | undefined): void
  outcome(seconds: number): Outcome
}

function createTally(): Tally {
  let latencies = new Float64Array(65_536)
  let [requests, errors] = [0, 0]
  let sample: Answer | undefined
  return {
    add(milliseconds, wrong) {
      if (requests === latencies.length) {
        const larger = new Float64Array(latencies.length * 2)
        larger.set(latencies)
        latencies = larger
      }
      latencies[requests] = milliseconds
      requests += 1
      if (wrong === undefined) return
      errors += 1
      sample ??= wrong
    },
    outcome: (seconds) => {
      const latenciesMs = latencies.slice(0, requests).sort()
      return { requests, errors, sample, seconds, latenciesMs }
    },
  }
}

/** One request outside of what is measured. */
export async function sendOnce(socketPath: string, request: string): Promise<Answer> {
  const connection = await connect(socketPath)
  try {
    return await connection.ask(request)
  } finally {
    connection.close()
  }
}

export interface RequestParts {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly host: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The text of a request, with the headers that Envoy adds to every one. */
export function formatRequest({
  method = 'POST',
  path,
  host,
  headers,
  body,
}: RequestParts): string {
  const all = {
    host,
    'x-request-id': '5f0c1a52-6a0e-4a4c-9b58-6f4f8a1f3d11',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    accept: '*/*',
    ...headers,
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}

const CONTENT_LENGTH = /\r\ncontent-length: (\d+)/i
const STATUS_AT = 'HTTP/1.1 '.length

async function connect(socketPath: string): Promise<Connection> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = createConnection(socketPath, resolve)
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
  socket.on('close', () => waiting?.reject(closed))
  return {
    ask(request) {
      if (socket.destroyed) return Promise.reject(closed)
      waiting = Promise.withResolvers<Answer>()
      socket.write(request)
      return waiting.promise
    },
    close() {
      waiting = undefined
      socket.destroy()
    },
  }
}

/** Undefined until all of it is there. */
function parseAnswer(text: string): Answer | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const length = CONTENT_LENGTH.exec(text.slice(0, end))?.[1]
  if (length === undefined) throw new Error(`no content-length in ${text.slice(0, end)}`)
  const body = text.slice(end + 4)
  if (body.length < Number(length)) return undefined
  return { status: Number(text.slice(STATUS_AT, STATUS_AT + 3)), body }
}
