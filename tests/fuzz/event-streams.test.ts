/** Event streams of servers elsewhere, and of native servers: what is read is what the specification says. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import test from 'ava'
import fc from 'fast-check'
import { REMOTE_RETRY_MAX_MS, REMOTE_RETRY_MIN_MS } from '../../mcp-bridge/limits.ts'
import { readAnswer } from '../../mcp-bridge/native/read-answer.ts'
import {
  type RemoteEvent,
  readEvents,
  type StreamPlace,
} from '../../mcp-bridge/remote/event-reader.ts'
import { Inbox } from '../../mcp-bridge/remote/inbox.ts'
import { byteByByte, cut } from './harness/chunks.ts'
import { type ReferenceReading, readReference } from './harness/event-stream.ts'
import { fuzz } from './harness/fuzz.ts'

const EVENT_BYTES_MAX = 64 * 1024
const VISIBLE = /^[\x21-\x7e]{1,1024}$/

const value = fc.oneof(
  fc.json().map((text) => ` ${text}`),
  fc.constantFrom('', ' ', '  two', ':', ' data: x', ' ä🎉', '\0', '\u2028', '\ufeff'),
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n]/g, '')),
)
const field = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('data:', 'data:', 'event:', 'id:', 'retry:', ':') },
  {
    weight: 1,
    arbitrary: fc.constantFrom('data', 'event', 'id', 'DATA:', ' data:', 'x-y:', '\ufeffdata:'),
  },
)
const line = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(field, value).map((parts) => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('retry: 100', 'retry: 99999999999999999999', 'retry: ٣', ''),
  },
)
/** A stream mostly ends its lines in one way. */
const stream = fc
  .tuple(
    fc.constantFrom('', '', '\ufeff', '\ufeff\ufeff'),
    fc.array(fc.array(line, { maxLength: 5 }), { maxLength: 6 }),
    fc.constantFrom('\n', '\n', '\r\n', '\r'),
    fc.constantFrom('', 'data: half', 'data: half\n', '\r'),
  )
  .map(
    ([mark, events, end, rest]) =>
      mark + events.map((lines) => [...lines, '', ''].join(end)).join('') + rest,
  )

const WORDS = [
  '\r',
  '\n',
  '\r\n',
  '\n\n',
  '\r\r',
  'data:',
  'id: 5\n',
  'event: x\n',
  'retry: 5\n',
  ': \n',
]

/** Answers each request with the pieces that were asked for, one after the other. */
class Far {
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: false })
  #pieces: readonly Buffer[] = []

  constructor() {
    this.#server = createServer((socket) => {
      socket.on('error', () => {})
      socket.setNoDelay(true)
      socket.once('data', async () => {
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n',
        )
        for (const piece of this.#pieces) {
          socket.write(piece)
          await new Promise(setImmediate)
        }
        socket.end()
      })
    })
    this.#server.listen(0, '127.0.0.1')
  }

  async ask(pieces: readonly Buffer[]): Promise<IncomingMessage> {
    this.#pieces = pieces
    const { port } = this.#server.address() as AddressInfo
    const [answer] = await once(get({ port, host: '127.0.0.1', agent: this.#agent }), 'response')
    return answer as IncomingMessage
  }

  close(): void {
    this.#server.close()
  }
}

const far = new Far()
test.after.always(() => far.close())

async function readRemote(pieces: readonly Buffer[]) {
  const events: RemoteEvent[] = []
  const place: StreamPlace = { lastEventId: undefined, retryMs: undefined }
  const inbox = new Inbox(EVENT_BYTES_MAX, Date.now)
  const isWhole = await readEvents(await far.ask(pieces), inbox, place, {
    event: (event) => events.push(event),
    oversized: () => assert.fail('nothing here is too large'),
  })
  assert.ok(isWhole)
  return { events, ...place }
}

function expected({ events, lastId, retry }: ReferenceReading) {
  return {
    events,
    lastEventId: lastId !== undefined && VISIBLE.test(lastId) ? lastId : undefined,
    retryMs:
      retry === undefined
        ? undefined
        : Math.min(Math.max(retry, REMOTE_RETRY_MIN_MS), REMOTE_RETRY_MAX_MS),
  }
}

fuzz('fuzz-remote-streams', {
  corpus: 'event-streams',
  words: WORDS,
  grammar: stream,
  async check(bytes) {
    const reading = expected(readReference(bytes))
    assert.deepEqual(await readRemote(cut(bytes)), reading)
    return reading.events.length > 0 ? 'events' : 'none'
  },
  outcomes: ['events', 'none'],
})

/** What passes through is a stream again: read once more it has the same events, and the same ids. */
async function passThrough(pieces: readonly Buffer[]): Promise<Buffer> {
  const through = readAnswer({ read: (text) => text, end: () => {} }, true, EVENT_BYTES_MAX)
  const chunks: Buffer[] = []
  through.on('data', (chunk: Buffer | string) => chunks.push(Buffer.from(chunk as string)))
  for (const piece of pieces) through.write(piece)
  through.end()
  await once(through, 'end')
  return Buffer.concat(chunks)
}

fuzz('fuzz-native-streams', {
  corpus: 'event-streams',
  words: WORDS,
  grammar: stream,
  async check(bytes) {
    const { events, lastId } = readReference(bytes)
    for (const pieces of [[bytes], cut(bytes), byteByByte(bytes)]) {
      const passed = readReference(await passThrough(pieces))
      assert.deepEqual({ events: passed.events, lastId: passed.lastId }, { events, lastId })
    }
    return events.length > 0 ? 'events' : 'none'
  },
  outcomes: ['events', 'none'],
})
