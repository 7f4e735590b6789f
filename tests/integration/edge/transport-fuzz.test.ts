/** Bytes that nobody meant: any split of them gives the same answers, and none harms another's. */

import { randomBytes, randomInt } from 'node:crypto'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { connect } from 'node:net'
import test from 'ava'
import { FLAG, FRAME } from '../../../ext-authz/transport/http2/protocol.ts'
import { startGrpc } from '../../support/grpc-servers.ts'
import {
  answerOf,
  connectRaw,
  data,
  describe,
  fields,
  frame,
  headers,
  hello,
  message,
  type RawPeer,
  request,
  requestFields,
  settings,
  uint32,
} from '../../support/raw-http2.ts'

const ECHO = '/test.Echo/Now'
const server = await startGrpc(
  'fast',
  { [ECHO]: (bytes) => bytes, '/test.Echo/Later': async (bytes) => bytes },
  { '/test.Echo/Each': (bytes) => bytes },
)
test.after.always(() => server.close())

async function roundTrip(peer: RawPeer): Promise<void> {
  peer.send(frame(FRAME.ping, 0, 0, Buffer.from('the last')))
  await peer.find(({ type, payload }) => type === FRAME.ping && payload.toString() === 'the last')
}

/** What was answered, without what depends on when. */
function answers(peer: RawPeer): string[] {
  return peer.received
    .filter(({ streamId }) => streamId > 0)
    .map(({ type, flags, streamId, payload }) =>
      [type, flags, streamId, payload.toString('hex')].join(' '),
    )
    .sort()
}

/** Whole requests, some in pieces, refused or reset. */
function conversation(): Buffer {
  const pieces = [hello()]
  for (let id = 1; id < 60; id += 2) {
    const body = randomBytes(randomInt(0, 2000))
    pieces.push(
      ...pick<readonly Buffer[]>([
        [request(id, ECHO, body)],
        [request(id, '/test.Unknown/Method', body)],
        [headers(id, ECHO), ...cut(message(body)).map((one) => data(id, one, 0)), ending(id)],
        [headers(id, '/test.Echo/Each'), data(id, Buffer.concat([message(body), message('x')]))],
        [headers(id, ECHO), data(id, Buffer.from([1, 0, 0, 0, 0]))],
        [frame(FRAME.headers, FLAG.endHeaders, id, fields([[':path', '']]))],
        [settings({ 99: id }), frame(FRAME.ping, 0, 0, randomBytes(8)), request(id, ECHO, body)],
      ]),
    )
  }
  return Buffer.concat(pieces)
}

const ending = (id: number): Buffer => data(id, Buffer.alloc(0))

function pick<T>(choices: readonly T[]): T {
  return choices[randomInt(0, choices.length)] as T
}

function cut(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const next = at + randomInt(1, 400)
    pieces.push(bytes.subarray(at, next))
    at = next
  }
  return pieces
}

test('any split of a conversation gives the same answers', async (t) => {
  for (let round = 0; round < 15; round += 1) {
    const bytes = conversation()
    const whole = await connectRaw(server.socket)
    whole.send(bytes)
    await roundTrip(whole)
    const split = await connectRaw(server.socket)
    split.socket.setNoDelay(true)
    for (const piece of cut(bytes)) {
      split.send(piece)
      // Now and then a turn, so that pieces arrive as pieces.
      if (randomInt(0, 3) === 0) await new Promise(setImmediate)
    }
    await roundTrip(split)
    t.deepEqual(answers(split), answers(whole))
    for (const peer of [whole, split]) peer.socket.destroy()
  }
})

test('byte by byte gives the same answers', async (t) => {
  const bytes = Buffer.concat([hello(), request(1, ECHO, 'one'), request(3, ECHO, 'three')])
  const peer = await connectRaw(server.socket)
  for (const byte of bytes) {
    peer.send(Buffer.from([byte]))
    await new Promise(setImmediate)
  }
  await roundTrip(peer)
  t.is(answerOf(peer.received, 1).subarray(5).toString(), 'one')
  t.is(answerOf(peer.received, 3).subarray(5).toString(), 'three')
  peer.socket.destroy()
})

function randomFrame(): Buffer {
  const id = pick([0, 1, 1, 3, 3, 5, 7, 2, randomInt(0, 2 ** 31)])
  const type = pick([...Object.values(FRAME), FRAME.headers, FRAME.data, randomInt(0, 256)])
  const flags = pick([0, FLAG.endHeaders, FLAG.endHeaders | FLAG.endStream, randomInt(0, 256)])
  const payload = pick([
    Buffer.alloc(0),
    uint32(randomInt(0, 2 ** 32)),
    uint32(randomInt(0, 100)),
    randomBytes(pick([5, 6, 8, 12])),
    fields(requestFields(pick([ECHO, '/test.Echo/Later', '/test.Echo/Each', '/no/Method']))),
    fields(requestFields(ECHO)).subarray(0, randomInt(0, 60)),
    message(randomBytes(randomInt(0, 200))),
    randomBytes(randomInt(0, 500)),
  ])
  return frame(type, flags, id, payload)
}

test('frames without sense end their stream or connection, and no other', async (t) => {
  const steady = await connectRaw(server.socket)
  steady.send(hello())
  let last = -1
  for (let round = 0; round < 150; round += 1) {
    const peer = await connectRaw(server.socket)
    peer.send(hello(), ...Array.from({ length: randomInt(1, 60) }, randomFrame))
    last += 2
    steady.send(request(last, ECHO, `round ${round}`))
    // It answers a PING, or has closed; it never hangs.
    await roundTrip(peer).catch(() => peer.closed)
    peer.socket.destroy()
  }
  await roundTrip(steady)
  for (let round = 0; round < 150; round += 1) {
    const answer = answerOf(steady.received, 2 * round + 1)
    t.is(answer.subarray(5).toString(), `round ${round}`, describe(steady.received))
  }
  steady.socket.destroy()
  t.deepEqual(
    server.logged.filter(({ level }) => level === 'error'),
    [],
    'nothing of it was a fault of ours',
  )
})

test('random bytes behind the preface end the connection or wait for more', async (t) => {
  for (let round = 0; round < 100; round += 1) {
    const peer = await connectRaw(server.socket)
    peer.send(hello(), randomBytes(randomInt(1, 3000)))
    peer.socket.end()
    await peer.closed
  }
  t.deepEqual(
    server.logged.filter(({ level }) => level === 'error'),
    [],
  )
})

function ask(session: ClientHttp2Session, extra: Record<string, string>, body: Buffer) {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: string; body: Buffer }>()
  const stream = session.request({
    ':method': 'POST',
    ':path': ECHO,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...extra,
  })
  const chunks: Buffer[] = []
  let status = ''
  stream.on('trailers', (trailers) => {
    status = String(trailers['grpc-status'])
  })
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', reject)
  stream.on('close', () => resolve({ status, body: Buffer.concat(chunks) }))
  stream.end(message(body))
  return promise
}

test('reads what nghttp2 writes: random fields through its table and Huffman code', async (t) => {
  const session = connectHttp2('http://ext-authz', {
    createConnection: () => connect(server.socket),
  })
  const names = Array.from(
    { length: 40 },
    () => `x-${randomBytes(randomInt(1, 12)).toString('hex')}`,
  )
  const values = Array.from({ length: 40 }, () =>
    randomBytes(randomInt(0, 90)).toString(pick(['base64', 'hex', 'base64url'])),
  )
  for (let round = 0; round < 150; round += 1) {
    const asked = Array.from({ length: 6 }, (_, index) => `${round} ${index}`)
    const got = await Promise.all(
      asked.map((body) => {
        const extra = Array.from({ length: randomInt(0, 12) }, () => [pick(names), pick(values)])
        return ask(session, Object.fromEntries(extra), Buffer.from(body))
      }),
    )
    const texts = got.map(({ status, body }) => `${status} ${body.subarray(5)}`)
    t.deepEqual(
      texts,
      asked.map((body) => `0 ${body}`),
    )
  }
  session.close()
})
