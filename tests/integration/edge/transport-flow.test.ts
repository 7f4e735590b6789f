/** Peers that give little credit, read nothing, send much or vanish: no answer is lost, no memory grows. */

import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import {
  HELD_BYTES_MAX,
  MESSAGE_BYTES_MAX,
  WAITING_MESSAGES_MAX,
} from '../../../ext-authz/transport/http2/limits.ts'
import { CODE, FLAG, FRAME, SETTING } from '../../../ext-authz/transport/http2/protocol.ts'
import { startGrpc } from '../../support/grpc-servers.ts'
import {
  answerOf,
  connectRaw,
  data,
  frame,
  headers,
  hello,
  message,
  type RawPeer,
  request,
  settings,
  uint32,
} from '../../support/raw-http2.ts'

const ECHO = '/test.Echo/Now'
const gate = { open: Promise.withResolvers<void>() }
let largeAnswers = 0

const server = await startGrpc(
  'fast',
  {
    [ECHO]: (bytes) => bytes,
    '/test.Echo/Large': () => {
      largeAnswers += 1
      return Buffer.alloc(200_000, 'l')
    },
    '/test.Echo/Gated': async (bytes) => {
      await gate.open.promise
      return bytes
    },
  },
  {
    '/test.Echo/EachLarge': () => Buffer.alloc(200_000, 'l'),
    '/test.Never/Each': () => new Promise<Buffer>(() => undefined),
  },
)
test.after.always(() => server.close())

const credit = (id: number, bytes: number): Buffer =>
  frame(FRAME.windowUpdate, 0, id, uint32(bytes))

function ended(peer: RawPeer, id: number): Promise<unknown> {
  return peer.find(
    ({ streamId, type, flags }) =>
      streamId === id && type === FRAME.headers && (flags & FLAG.endStream) !== 0,
  )
}

const bytesOf = (peer: RawPeer, id: number): number => answerOf(peer.received, id).length

/** All that was sent before has been answered behind this. */
async function roundTrip(peer: RawPeer): Promise<void> {
  const pongs = (): number => peer.received.filter(({ type }) => type === FRAME.ping).length
  const before = pongs()
  peer.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8)))
  await peer.find(() => pongs() > before)
}

test('a window of one byte: each byte of the answer waits for its credit', async (t) => {
  const peer = await connectRaw(server.socket)
  peer.send(hello({ [SETTING.initialWindowSize]: 1 }), request(1, ECHO, 'abc'))
  const whole = message('abc')
  for (let count = 1; count < whole.length; count += 1) {
    await roundTrip(peer)
    t.is(bytesOf(peer, 1), count)
    peer.send(credit(1, 1))
  }
  await ended(peer, 1)
  t.deepEqual(answerOf(peer.received, 1), whole)
  peer.socket.destroy()
})

test('a window of nothing, made larger by SETTINGS, and taken back', async (t) => {
  const peer = await connectRaw(server.socket)
  peer.send(hello({ [SETTING.initialWindowSize]: 0 }), request(1, '/test.Echo/Large', ''))
  await roundTrip(peer)
  t.is(bytesOf(peer, 1), 0)
  peer.send(settings({ [SETTING.initialWindowSize]: 1000 }))
  await roundTrip(peer)
  t.is(bytesOf(peer, 1), 1000)
  peer.send(settings({ [SETTING.initialWindowSize]: 0 }), credit(1, 1000))
  await roundTrip(peer)
  t.is(bytesOf(peer, 1), 1000, 'the credit only makes good what was taken back')
  peer.send(credit(1, 500))
  await roundTrip(peer)
  t.is(bytesOf(peer, 1), 1500)
  peer.send(settings({ [SETTING.initialWindowSize]: 1_000_000 }), credit(0, 1_000_000))
  await ended(peer, 1)
  t.is(bytesOf(peer, 1), 200_005)
  peer.socket.destroy()
})

test('the connection’s window is shared, and used to the last byte', async (t) => {
  const peer = await connectRaw(server.socket)
  peer.send(
    hello({ [SETTING.initialWindowSize]: 1_000_000 }),
    ...[1, 3, 5].map((id) => request(id, '/test.Echo/Large', '')),
  )
  await roundTrip(peer)
  const total = (): number => [1, 3, 5].reduce((sum, id) => sum + bytesOf(peer, id), 0)
  t.is(total(), 65_535)
  let given = 65_535
  while (given < 3 * 200_005) {
    const more = randomInt(1, 60_000)
    given += more
    peer.send(credit(0, more))
    await roundTrip(peer)
    t.is(total(), Math.min(given, 3 * 200_005))
  }
  await Promise.all([1, 3, 5].map((id) => ended(peer, id)))
  t.true(peer.received.every(({ payload }) => payload.length <= 16_384))
  peer.socket.destroy()
})

test('random credit for many streams: every answer is whole, and its own', async (t) => {
  const peer = await connectRaw(server.socket)
  peer.send(hello({ [SETTING.initialWindowSize]: 7 }))
  const ids = Array.from({ length: 60 }, (_, index) => 2 * index + 1)
  const bodies = new Map(ids.map((id) => [id, `${id} `.repeat(randomInt(1, 400))]))
  peer.send(...ids.map((id) => request(id, ECHO, bodies.get(id) ?? '')))
  const isEnded = (id: number): boolean =>
    peer.received.some(
      ({ type, streamId, flags }) =>
        type === FRAME.headers && streamId === id && (flags & FLAG.endStream) !== 0,
    )
  for (let open = ids; open.length > 0; open = open.filter((id) => !isEnded(id))) {
    const pieces = open.map((id) => credit(id, randomInt(1, 700)))
    peer.send(...pieces, credit(0, randomInt(1, 20_000)))
    await roundTrip(peer)
  }
  for (const [id, body] of bodies) t.is(answerOf(peer.received, id).subarray(5).toString(), body)
  peer.socket.destroy()
})

test('a stream’s next message waits until the answer to the last has gone', async (t) => {
  const peer = await connectRaw(server.socket)
  const each = '/test.Echo/EachLarge'
  peer.send(hello({ [SETTING.initialWindowSize]: 100 }), headers(1, each))
  peer.send(...Array.from({ length: WAITING_MESSAGES_MAX }, () => data(1, message('x'), 0)))
  await roundTrip(peer)
  t.is(bytesOf(peer, 1), 100)
  peer.send(credit(1, 2 ** 30), credit(0, 2 ** 30), data(1, Buffer.alloc(0)))
  await ended(peer, 1)
  t.is(bytesOf(peer, 1), WAITING_MESSAGES_MAX * 200_005)
  peer.socket.destroy()
})

test('more waiting messages than that are refused', async (t) => {
  const peer = await connectRaw(server.socket)
  peer.send(hello(), headers(1, '/test.Never/Each'))
  peer.send(...Array.from({ length: WAITING_MESSAGES_MAX + 2 }, () => data(1, message('x'), 0)))
  await ended(peer, 1)
  const end = peer.received.find(({ type, streamId }) => type === FRAME.headers && streamId === 1)
  t.true(end?.payload.includes('grpc-status\u00018'))
  const reset = await peer.find(({ type }) => type === FRAME.resetStream)
  t.is(reset.payload.readUInt32BE(), CODE.none, 'the rest is not wanted')
  peer.socket.destroy()
})

test('messages not yet whole have a bound together; who ends makes room', async (t) => {
  const peer = await connectRaw(server.socket)
  const almost = message(Buffer.alloc(MESSAGE_BYTES_MAX)).subarray(0, -1)
  const count = HELD_BYTES_MAX / MESSAGE_BYTES_MAX + 1
  peer.send(hello())
  for (let index = 0; index < count; index += 1) {
    const id = 2 * index + 1
    peer.send(headers(id, ECHO))
    for (let at = 0; at < almost.length; at += 16_384) {
      peer.send(data(id, almost.subarray(at, at + 16_384), 0))
    }
  }
  const last = 2 * count - 1
  await ended(peer, last)
  const end = peer.received.find(
    ({ type, streamId }) => type === FRAME.headers && streamId === last,
  )
  t.true(end?.payload.includes('grpc-status\u00018'))
  peer.send(frame(FRAME.resetStream, 0, 1, uint32(CODE.cancel)))
  peer.send(credit(0, 2 ** 30), credit(3, 2 ** 20), data(3, Buffer.alloc(1)))
  await ended(peer, 3)
  t.is(bytesOf(peer, 3), MESSAGE_BYTES_MAX + 5)
  peer.send(request(999, ECHO, 'room'))
  await ended(peer, 999)
  t.is(answerOf(peer.received, 999).subarray(5).toString(), 'room')
  peer.socket.destroy()
})

test('a peer that reads nothing is not read either, and gets all when it does', async (t) => {
  const peer = await connectRaw(server.socket)
  peer.send(hello({ [SETTING.initialWindowSize]: 2 ** 30 }), credit(0, 2 ** 30))
  await roundTrip(peer)
  peer.socket.pause()
  const before = largeAnswers
  const count = 400
  let unsent = 0
  for (let index = 0; index < count; index += 1) {
    peer.send(request(2 * index + 1, '/test.Echo/Large', Buffer.alloc(16_000)))
  }
  // As long as the server reads, less and less waits here.
  do {
    unsent = peer.socket.writableLength
    await sleep(100)
  } while (peer.socket.writableLength !== unsent)
  t.true(unsent > 0, 'the server has stopped reading')
  // A megabyte that waits, what one read brings, and what the sockets hold: far from all.
  const answered = largeAnswers - before
  t.true(answered < count / 2, `${answered} of ${count} answers were made for nobody`)
  peer.socket.resume()
  await ended(peer, 2 * count - 1)
  for (let index = 0; index < count; index += 1) t.is(bytesOf(peer, 2 * index + 1), 200_005)
  peer.socket.destroy()
})

test('callers that reset or vanish while they are answered leave nothing behind', async (t) => {
  const others = await connectRaw(server.socket)
  others.send(hello(), request(1, '/test.Echo/Gated', 'kept'))
  const peer = await connectRaw(server.socket)
  const ids = Array.from({ length: 100 }, (_, index) => 2 * index + 1)
  peer.send(hello(), ...ids.map((id) => request(id, '/test.Echo/Gated', `to ${id}`)))
  peer.send(...ids.slice(0, 50).map((id) => frame(FRAME.resetStream, 0, id, uint32(CODE.cancel))))
  await roundTrip(peer)
  const gone = await connectRaw(server.socket)
  gone.send(hello(), ...ids.map((id) => request(id, '/test.Echo/Gated', 'gone')))
  await roundTrip(gone)
  gone.socket.destroy()
  await gone.closed
  gate.open.resolve()
  await Promise.all(ids.slice(50).map((id) => ended(peer, id)))
  for (const id of ids.slice(0, 50)) t.is(bytesOf(peer, id), 0)
  for (const id of ids.slice(50)) {
    t.is(answerOf(peer.received, id).subarray(5).toString(), `to ${id}`)
  }
  await ended(others, 1)
  t.is(answerOf(others.received, 1).subarray(5).toString(), 'kept')
  t.deepEqual(
    server.logged.filter(({ level }) => level === 'error'),
    [],
  )
  peer.socket.destroy()
  others.socket.destroy()
})
