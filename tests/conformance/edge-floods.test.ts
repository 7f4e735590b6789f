import { connect } from 'node:net'
import test from 'ava'
import { startEdge } from '../support/edge.ts'
import { connectHttp2, type Http2Answer } from '../support/http2-client.ts'
import {
  connectFrames,
  END_HEADERS,
  END_STREAM,
  FRAME,
  type FrameConnection,
  frame,
  type Header,
  headerBlock,
  PREFACE,
  readFrames,
  requestFrame,
} from '../support/http2-frames.ts'
import { rawRequest } from '../support/raw-request.ts'
import { verifiesAlone } from '../support/verifies.ts'

const edge = await startEdge()
const token = await edge.mint()
test.after.always(() => edge.stop())

const { port } = edge
const HOST = `localhost:${port}`
const PSEUDO: Header[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', HOST],
  [':path', '/echo/mcp'],
]

function call(bearer: string | undefined = token) {
  const headers = bearer === undefined ? [] : ['Authorization', `Bearer ${bearer}`]
  return rawRequest({ port, path: '/echo/mcp', headers })
}

const oddNumbers = (count: number): number[] => Array.from({ length: count }, (_, n) => 2 * n + 1)
const code = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** What has to be answered, by somebody who does not read: the answers pile up once the network is full. */
function unread(question: Buffer): (connection: FrameConnection) => void {
  const many = Buffer.concat(Array.from({ length: 20_000 }, () => question))
  return ({ write, socket }) => {
    socket.pause()
    for (let count = 0; count < 100; count += 1) write(many)
  }
}

const FLOODS: Readonly<Record<string, (connection: FrameConnection) => void>> = {
  'streams opened to be reset': ({ write }) => {
    for (const stream of oddNumbers(5000)) {
      write(requestFrame(stream, PSEUDO), frame(FRAME.reset, 0, stream, code(8)))
    }
  },
  pings: unread(frame(FRAME.ping, 0, 0, Buffer.alloc(8))),
  settings: unread(frame(FRAME.settings, 0, 0, Buffer.alloc(0))),
  priorities: ({ write }) => {
    const priority = frame(FRAME.priority, 0, 1, Buffer.from([0, 0, 0, 0, 16]))
    for (let count = 0; count < 5000; count += 1) write(priority)
  },
  'window updates': ({ write }) => {
    for (let count = 0; count < 20_000; count += 1) {
      write(frame(FRAME.windowUpdate, 0, 0, code(1)))
    }
  },
}

/** One large entry of the table, then nine thousand times its index. */
function compressedBomb(): Buffer {
  const [name, value] = [Buffer.from('x-other'), Buffer.alloc(4000, 'y')]
  const length = Buffer.from([0x7f, 0xa1, 0x1e])
  const entry = Buffer.concat([Buffer.from([0x40, name.length]), name, length, value])
  return Buffer.concat([headerBlock(PSEUDO), entry, Buffer.alloc(9000, 0xbe)])
}

/** On one stream: that ends at the latest, and nothing is read to its end. */
const ENDLESS: Readonly<Record<string, (connection: FrameConnection) => void>> = {
  'headers that never end': ({ write }) => {
    write(frame(FRAME.headers, 0, 1, headerBlock(PSEUDO)))
    const more = headerBlock([['x-other', 'y'.repeat(4000)]])
    for (let count = 0; count < 500; count += 1) write(frame(FRAME.continuation, 0, 1, more))
  },
  'empty parts of headers': ({ write }) => {
    write(frame(FRAME.headers, 0, 1, headerBlock(PSEUDO)))
    const nothing = frame(FRAME.continuation, 0, 1, Buffer.alloc(0))
    for (let count = 0; count < 20_000; count += 1) write(nothing)
  },
  'empty data': ({ write }) => {
    const bearer: Header = ['authorization', `Bearer ${token}`]
    write(frame(FRAME.headers, END_HEADERS, 1, headerBlock([...PSEUDO, bearer])))
    for (let count = 0; count < 5000; count += 1) write(frame(FRAME.data, 0, 1, Buffer.alloc(0)))
  },
  'a compressed bomb': ({ write }) => {
    write(frame(FRAME.headers, END_HEADERS + END_STREAM, 1, compressedBomb()))
  },
}

verifiesAlone('edge-http2-floods', async (t) => {
  for (const [name, flood] of Object.entries(FLOODS)) {
    // A server that minds has hung up by then, however slow the machine.
    const connection = connectFrames(port, 15_000)
    flood(connection)
    const [meanwhile, { frames, closed }] = await Promise.all([call(), connection.heard()])
    t.is(meanwhile.status, 200, `${name}: others are served`)
    t.true(closed || frames.some(({ type }) => type === FRAME.goAway), name)
  }
  for (const [name, begin] of Object.entries(ENDLESS)) {
    const connection = connectFrames(port)
    begin(connection)
    const [meanwhile, { frames, closed }] = await Promise.all([call(), connection.heard()])
    t.is(meanwhile.status, 200, `${name}: others are served`)
    const ends = [FRAME.reset, FRAME.goAway] as readonly number[]
    t.true(closed || frames.some(({ type }) => ends.includes(type)), name)
  }
  const many = connectFrames(port)
  const before = edge.reached.length
  many.write(Buffer.concat(oddNumbers(10_000).map((stream) => requestFrame(stream, PSEUDO))))
  const [meanwhile, { frames, closed }] = await Promise.all([call(), many.heard()])
  t.is(meanwhile.status, 200, 'ten thousand streams at once: others are served')
  const streamsOf = (wanted: number): Set<number> =>
    new Set(frames.filter(({ type }) => type === wanted).map(({ stream }) => stream))
  const ended = new Set([...streamsOf(FRAME.headers), ...streamsOf(FRAME.reset)])
  const isOver = closed || frames.some(({ type }) => type === FRAME.goAway)
  t.true(isOver || ended.size === 10_000, `${ended.size} of them got an end`)
  t.is(edge.reached.length, before + 1, 'none of them reaches anything')
})

verifiesAlone('edge-slow-headers', async (t) => {
  /** A bit each half second; how long until the server says that it is enough. */
  const drip = async (
    start: string | Buffer,
    next: string | Buffer,
    isOver: (heard: Buffer) => boolean,
  ): Promise<number> => {
    const startedAt = performance.now()
    const { promise, resolve } = Promise.withResolvers<number>()
    const socket = connect(port, '127.0.0.1', () => socket.write(start))
    const timer = setInterval(() => socket.write(next), 500)
    const late = setTimeout(resolve, 30_000, Number.POSITIVE_INFINITY)
    let heard: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk])
      if (isOver(heard)) resolve(performance.now() - startedAt)
    })
    socket.on('error', () => {})
    const took = await promise
    clearInterval(timer)
    clearTimeout(late)
    socket.destroy()
    return took
  }
  const isTimeout = (heard: Buffer): boolean => heard.includes('HTTP/1.1 408 ')
  const settings = frame(FRAME.settings, 0, 0, Buffer.alloc(0))
  const begun = frame(FRAME.headers, 0, 1, headerBlock(PSEUDO))
  const took = await Promise.all([
    drip(`POST /echo/mcp HTTP/1.1\r\nHost: ${HOST}\r\n`, 'X-Other: y\r\n', isTimeout),
    drip('POST /echo', 'x', isTimeout),
    drip(
      Buffer.concat([Buffer.from(PREFACE), settings, begun]),
      frame(FRAME.continuation, 0, 1, headerBlock([['x-other', 'y']])),
      (heard) => [...readFrames(heard)].some(({ type }) => type === FRAME.reset),
    ),
  ])
  for (const each of took) t.true(each > 8000 && each < 25_000, String(took))
  t.is((await call()).status, 200)
})

verifiesAlone('edge-rate-limit', async (t) => {
  // The bucket fills while it is emptied: so it is emptied by several at once.
  const clients = Array.from({ length: 4 }, () => connectHttp2(`http://${HOST}`))
  t.teardown(() => {
    for (const { close } of clients) close()
  })
  const headers = { origin: 'https://page.example' }
  const served: Http2Answer[] = []
  let refused: Http2Answer | undefined
  while (refused === undefined && served.length < 50_000) {
    const answers = await Promise.all(
      clients.flatMap(({ ask }) => Array.from({ length: 50 }, () => ask('/jwks', headers))),
    )
    served.push(...answers.filter(({ status }) => status === 200))
    refused = answers.find(({ status }) => status === 429)
  }
  t.true(served.length >= 2000, 'a class room fits')
  if (refused === undefined) return t.fail('nobody was refused')
  t.is(refused.headers['retry-after'], '1')
  t.is(refused.headers['content-type'], 'application/json')
  t.is(refused.headers['access-control-allow-origin'], '*')
  t.deepEqual(JSON.parse(refused.text), {
    error: 'temporarily_unavailable',
    error_description: 'too many requests from this address: wait and try again',
  })
  const calls = await Promise.all(Array.from({ length: 50 }, () => call()))
  t.true(
    calls.every(({ status }) => status === 200),
    'MCP calls are not counted',
  )
  t.is((await call('garbage')).status, 401)
})
