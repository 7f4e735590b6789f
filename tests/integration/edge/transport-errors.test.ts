/** What RFC 9113 forbids, frame by frame, and which error it is: in the manner of h2spec. */

import test from 'ava'
import {
  CONNECTION_WINDOW,
  CONTINUATIONS_MAX,
  FIELD_BLOCK_BYTES_MAX,
  FIELD_LIST_BYTES_MAX,
  IDLE_FRAMES_MAX,
  MESSAGE_BYTES_MAX,
  STREAM_WINDOW,
  STREAMS_MAX,
} from '../../../ext-authz/transport/http2/limits.ts'
import { CODE, FLAG, FRAME, PREFACE, SETTING } from '../../../ext-authz/transport/http2/protocol.ts'
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
  type RawFrame,
  type RawPeer,
  request,
  requestFields,
  settings,
  uint32,
} from '../../support/raw-http2.ts'

const ECHO = '/test.Echo/Now'
const NEVER = '/test.Never/Call'
const EACH = '/test.Echo/Each'
const NEVER_EACH = '/test.Never/Each'
const echo = (bytes: Buffer): Buffer => bytes
const never = (): Promise<Buffer> => new Promise(() => undefined)
const server = await startGrpc(
  'fast',
  { [ECHO]: echo, [NEVER]: never },
  { [EACH]: echo, [NEVER_EACH]: never },
)
test.after.always(() => server.close())

const { endHeaders, endStream, padded, priority, ack } = FLAG
const both = endHeaders | endStream

function head(streamId: number, entries: readonly (readonly [string, string])[], flags = both) {
  return frame(FRAME.headers, flags, streamId, fields(entries))
}

/** The request's fields with one more, or one other. */
function with_(name: string, value: string): [string, string][] {
  const others = requestFields(ECHO).filter(([own]) => own !== name)
  return name.startsWith(':') ? [[name, value], ...others] : [...others, [name, value]]
}

const without = (name: string): [string, string][] =>
  requestFields(ECHO).filter(([own]) => own !== name)

/** Each ends the connection with GOAWAY of the code. */
const CONNECTION_ERRORS: Readonly<Record<string, readonly [code: number, ...sent: Buffer[]]>> = {
  'no preface': [CODE.protocol, Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  'no SETTINGS first': [CODE.protocol, PREFACE, frame(FRAME.ping, 0, 0, Buffer.alloc(8))],
  'an acknowledgement first': [CODE.protocol, PREFACE, frame(FRAME.settings, ack, 0)],
  'DATA on stream 0': [CODE.protocol, hello(), data(0, message('x'))],
  'DATA on an idle stream': [CODE.protocol, hello(), data(1, message('x'))],
  'DATA with more padding than payload': [
    CODE.protocol,
    hello(),
    headers(1, ECHO),
    frame(FRAME.data, padded, 1, [6, 1, 2, 3, 4, 5]),
  ],
  'padded DATA of no bytes': [
    CODE.frameSize,
    hello(),
    headers(1, ECHO),
    frame(FRAME.data, padded, 1),
  ],
  'HEADERS on stream 0': [CODE.protocol, hello(), headers(0, ECHO)],
  'HEADERS on an even stream': [CODE.protocol, hello(), headers(2, ECHO)],
  'HEADERS below the last id': [CODE.protocol, hello(), request(5, ECHO, 'x'), headers(3, ECHO)],
  'HEADERS on a stream that both ended': [
    CODE.streamClosed,
    hello(),
    request(1, ECHO, 'x'),
    headers(1, ECHO),
  ],
  'HEADERS with more padding than payload': [
    CODE.protocol,
    hello(),
    frame(FRAME.headers, endHeaders | padded, 1, [9, 1, 2]),
  ],
  'HEADERS too short for its priority': [
    CODE.frameSize,
    hello(),
    frame(FRAME.headers, endHeaders | priority, 1, [0, 0, 0, 1]),
  ],
  'a header block that cannot be read': [
    CODE.compression,
    hello(),
    frame(FRAME.headers, endHeaders, 1, [0x80]),
  ],
  'a frame within a header block': [
    CODE.protocol,
    hello(),
    headers(1, ECHO, 0),
    frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
  ],
  'an unknown frame within a header block': [
    CODE.protocol,
    hello(),
    headers(1, ECHO, 0),
    frame(0x16, 0, 0),
  ],
  'CONTINUATION of another stream': [
    CODE.protocol,
    hello(),
    headers(1, ECHO, 0),
    frame(FRAME.continuation, endHeaders, 3),
  ],
  'CONTINUATION of nothing': [CODE.protocol, hello(), frame(FRAME.continuation, endHeaders, 1)],
  'CONTINUATION behind the end of its block': [
    CODE.protocol,
    hello(),
    headers(1, ECHO),
    frame(FRAME.continuation, endHeaders, 1),
  ],
  'too many CONTINUATIONs, also of no bytes': [
    CODE.enhanceYourCalm,
    hello(),
    headers(1, ECHO, 0),
    ...Array.from({ length: CONTINUATIONS_MAX + 1 }, () => frame(FRAME.continuation, 0, 1)),
  ],
  'a header block too large': [
    CODE.enhanceYourCalm,
    hello(),
    headers(1, ECHO, 0),
    ...Array.from({ length: FIELD_BLOCK_BYTES_MAX / 16_384 + 1 }, () =>
      frame(FRAME.continuation, 0, 1, Buffer.alloc(16_384)),
    ),
  ],
  'RST_STREAM on stream 0': [CODE.protocol, hello(), frame(FRAME.resetStream, 0, 0, uint32(8))],
  'RST_STREAM of an idle stream': [
    CODE.protocol,
    hello(),
    frame(FRAME.resetStream, 0, 1, uint32(8)),
  ],
  'RST_STREAM of five bytes': [
    CODE.frameSize,
    hello(),
    headers(1, ECHO),
    frame(FRAME.resetStream, 0, 1, Buffer.alloc(5)),
  ],
  'SETTINGS on a stream': [CODE.protocol, hello(), frame(FRAME.settings, 0, 1)],
  'SETTINGS of five bytes': [CODE.frameSize, hello(), frame(FRAME.settings, 0, 0, Buffer.alloc(5))],
  'an acknowledgement that says something': [
    CODE.frameSize,
    hello(),
    frame(FRAME.settings, ack, 0, Buffer.alloc(6)),
  ],
  'ENABLE_PUSH of 2': [CODE.protocol, hello({ [SETTING.enablePush]: 2 })],
  'INITIAL_WINDOW_SIZE of 2^31': [
    CODE.flowControl,
    hello({ [SETTING.initialWindowSize]: 2 ** 31 }),
  ],
  'MAX_FRAME_SIZE of 16,383': [CODE.protocol, hello({ [SETTING.maxFrameSize]: 16_383 })],
  'MAX_FRAME_SIZE of 2^24': [CODE.protocol, hello({ [SETTING.maxFrameSize]: 2 ** 24 })],
  'too many settings': [
    CODE.enhanceYourCalm,
    hello(Object.fromEntries(Array.from({ length: 33 }, (_, index) => [100 + index, 1]))),
  ],
  PUSH_PROMISE: [CODE.protocol, hello(), frame(FRAME.pushPromise, endHeaders, 1, uint32(2))],
  'PING on a stream': [CODE.protocol, hello(), frame(FRAME.ping, 0, 1, Buffer.alloc(8))],
  'PING of seven bytes': [CODE.frameSize, hello(), frame(FRAME.ping, 0, 0, Buffer.alloc(7))],
  'GOAWAY on a stream': [CODE.protocol, hello(), frame(FRAME.goAway, 0, 1, Buffer.alloc(8))],
  'GOAWAY of seven bytes': [CODE.frameSize, hello(), frame(FRAME.goAway, 0, 0, Buffer.alloc(7))],
  'PRIORITY on stream 0': [CODE.protocol, hello(), frame(FRAME.priority, 0, 0, Buffer.alloc(5))],
  'WINDOW_UPDATE of three bytes': [
    CODE.frameSize,
    hello(),
    frame(FRAME.windowUpdate, 0, 0, Buffer.alloc(3)),
  ],
  'WINDOW_UPDATE of nothing on the connection': [
    CODE.protocol,
    hello(),
    frame(FRAME.windowUpdate, 0, 0, uint32(0)),
  ],
  'WINDOW_UPDATE of an idle stream': [
    CODE.protocol,
    hello(),
    frame(FRAME.windowUpdate, 0, 1, uint32(1)),
  ],
  'a connection’s window beyond 2^31 - 1': [
    CODE.flowControl,
    hello(),
    frame(FRAME.windowUpdate, 0, 0, uint32(2 ** 31 - 1)),
  ],
  'a stream’s window beyond it by SETTINGS': [
    CODE.flowControl,
    hello(),
    headers(1, ECHO),
    frame(FRAME.windowUpdate, 0, 1, uint32(2 ** 31 - 1 - 65_535)),
    settings({ [SETTING.initialWindowSize]: 65_536 }),
  ],
  'a frame of 16,385 bytes': [
    CODE.frameSize,
    hello(),
    headers(1, ECHO),
    data(1, Buffer.alloc(16_385)),
  ],
  'a flood of PINGs': [
    CODE.enhanceYourCalm,
    hello(),
    ...Array.from({ length: 2 * IDLE_FRAMES_MAX }, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8))),
  ],
  'a flood of SETTINGS': [
    CODE.enhanceYourCalm,
    hello(),
    ...Array.from({ length: 2 * IDLE_FRAMES_MAX }, () => settings()),
  ],
  'a flood of DATA of no bytes': [
    CODE.enhanceYourCalm,
    hello(),
    headers(1, ECHO),
    ...Array.from({ length: 2 * IDLE_FRAMES_MAX }, () => data(1, Buffer.alloc(0), 0)),
  ],
  'a flood of PRIORITY': [
    CODE.enhanceYourCalm,
    hello(),
    ...Array.from({ length: 2 * IDLE_FRAMES_MAX }, () =>
      frame(FRAME.priority, 0, 3, Buffer.alloc(5)),
    ),
  ],
  'a flood of RST_STREAM': [
    CODE.enhanceYourCalm,
    hello(),
    request(1, ECHO, 'x'),
    ...Array.from({ length: 2 * IDLE_FRAMES_MAX }, () =>
      frame(FRAME.resetStream, 0, 1, uint32(CODE.cancel)),
    ),
  ],
  'a flood of unknown frames': [
    CODE.enhanceYourCalm,
    hello(),
    ...Array.from({ length: 2 * IDLE_FRAMES_MAX }, () => frame(0x16, 0, 0)),
  ],
}

for (const [name, [code, ...sent]] of Object.entries(CONNECTION_ERRORS)) {
  test(`ends the connection: ${name}`, async (t) => {
    const peer = await connectRaw(server.socket)
    peer.send(...sent)
    const goAway = await peer.find(({ type }) => type === FRAME.goAway)
    t.is(goAway.payload.readUInt32BE(4), code)
    await peer.closed
    t.true(
      server.logged.some((line) => line['http2_error'] === code),
      'and the log says which',
    )
  })
}

/** Each ends stream 1 with RST_STREAM of the code, and stream 99 is answered. */
const STREAM_ERRORS: Readonly<Record<string, readonly [code: number, ...sent: Buffer[]]>> = {
  'DATA behind the end': [
    CODE.streamClosed,
    headers(1, NEVER),
    data(1, message('x')),
    data(1, message('y')),
  ],
  'DATA behind the answer': [CODE.streamClosed, request(1, ECHO, 'x'), data(1, message('y'))],
  'HEADERS behind the end': [
    CODE.streamClosed,
    headers(1, NEVER),
    data(1, message('x')),
    headers(1, ECHO),
  ],
  'DATA behind RST_STREAM': [
    CODE.streamClosed,
    headers(1, ECHO),
    frame(FRAME.resetStream, 0, 1, uint32(CODE.cancel)),
    data(1, message('x')),
  ],
  'HEADERS behind RST_STREAM': [
    CODE.streamClosed,
    headers(1, ECHO),
    frame(FRAME.resetStream, 0, 1, uint32(CODE.cancel)),
    headers(1, ECHO),
  ],
  'HEADERS in the middle': [CODE.protocol, headers(1, ECHO), headers(1, ECHO)],
  'pseudo-header fields at the end': [CODE.protocol, headers(1, ECHO), head(1, [[':path', '/']])],
  'PRIORITY of four bytes': [
    CODE.frameSize,
    headers(1, ECHO),
    frame(FRAME.priority, 0, 1, Buffer.alloc(4)),
  ],
  'WINDOW_UPDATE of nothing': [
    CODE.protocol,
    headers(1, ECHO),
    frame(FRAME.windowUpdate, 0, 1, uint32(0)),
  ],
  'a window beyond 2^31 - 1': [
    CODE.flowControl,
    headers(1, ECHO),
    frame(FRAME.windowUpdate, 0, 1, uint32(2 ** 31 - 1)),
  ],
  'a capital letter in a field’s name': [CODE.protocol, head(1, with_('X-User', 'a'))],
  'a line feed in a field’s value': [CODE.protocol, head(1, with_('a', 'b\nc'))],
  'an unknown pseudo-header field': [CODE.protocol, head(1, with_(':user', 'a'))],
  'a response’s pseudo-header field': [CODE.protocol, head(1, with_(':status', '200'))],
  'a pseudo-header field behind others': [
    CODE.protocol,
    head(1, [...without(':path'), [':path', ECHO]]),
  ],
  connection: [CODE.protocol, head(1, with_('connection', 'keep-alive'))],
  'te: gzip': [CODE.protocol, head(1, with_('te', 'gzip'))],
  'an empty :path': [CODE.protocol, head(1, with_(':path', ''))],
  'no :method': [CODE.protocol, head(1, without(':method'))],
  'no :scheme': [CODE.protocol, head(1, without(':scheme'))],
  'no :path': [CODE.protocol, head(1, without(':path'))],
  ':path twice': [CODE.protocol, head(1, [[':path', ECHO], ...requestFields(ECHO)])],
  ':method twice': [CODE.protocol, head(1, [[':method', 'POST'], ...requestFields(ECHO)])],
  ':scheme twice': [CODE.protocol, head(1, [[':scheme', 'http'], ...requestFields(ECHO)])],
  'a content-length that is none': [CODE.protocol, head(1, with_('content-length', '-1'))],
  'content-length without content': [CODE.protocol, head(1, with_('content-length', '6'))],
  'content-length below the content': [
    CODE.protocol,
    head(1, with_('content-length', '5'), endHeaders),
    data(1, message('x')),
  ],
  'content-length above the content': [
    CODE.protocol,
    head(1, with_('content-length', '7'), endHeaders),
    data(1, message('x')),
  ],
  'content-length above the content, told at the end': [
    CODE.protocol,
    head(1, with_('content-length', '7'), endHeaders),
    data(1, message('x'), 0),
    head(1, [['a', 'b']]),
  ],
}

function resetOf(id: number): (frame: RawFrame) => boolean {
  return ({ type, streamId }) => type === FRAME.resetStream && streamId === id
}

/** Waits for the answer of a request that was sent behind all else. */
async function answered(peer: RawPeer, id: number): Promise<string> {
  await peer.find(
    ({ type, streamId, flags }) =>
      type === FRAME.headers && streamId === id && (flags & endStream) !== 0,
  )
  return answerOf(peer.received, id).subarray(5).toString()
}

for (const [name, [code, ...sent]] of Object.entries(STREAM_ERRORS)) {
  test(`ends the stream: ${name}`, async (t) => {
    const peer = await connectRaw(server.socket)
    peer.send(hello(), ...sent, request(99, ECHO, 'still here'))
    t.is((await peer.find(resetOf(1))).payload.readUInt32BE(), code)
    t.is(await answered(peer, 99), 'still here')
    peer.socket.destroy()
  })
}

/** Strange, and allowed: stream 1 is answered. */
const ALLOWED: Readonly<Record<string, readonly Buffer[]>> = {
  'padding and the old priorities': [
    frame(
      FRAME.headers,
      endHeaders | padded | priority,
      1,
      Buffer.concat([
        Buffer.from([3, 0, 0, 0, 0, 9]),
        fields(requestFields(ECHO)),
        Buffer.alloc(3),
      ]),
    ),
    frame(
      FRAME.data,
      padded | endStream,
      1,
      Buffer.concat([Buffer.from([255]), message('x'), Buffer.alloc(255)]),
    ),
  ],
  'a header block in pieces, some of no bytes': [
    frame(FRAME.headers, 0, 1, fields(requestFields(ECHO)).subarray(0, 10)),
    frame(FRAME.continuation, 0, 1),
    frame(FRAME.continuation, 0, 1, fields(requestFields(ECHO)).subarray(10, 11)),
    frame(FRAME.continuation, endHeaders, 1, fields(requestFields(ECHO)).subarray(11)),
    data(1, message('x')),
  ],
  'a message byte by byte, with DATA of no bytes between': [
    headers(1, ECHO),
    ...[...message('x')].flatMap((byte) => [
      data(1, Buffer.from([byte]), 0),
      data(1, Buffer.alloc(0), 0),
    ]),
    data(1, Buffer.alloc(0)),
  ],
  'fields at the end': [headers(1, ECHO), data(1, message('x'), 0), head(1, [['a', 'b']])],
  'PRIORITY, unknown frames, flags and settings': [
    frame(FRAME.priority, 0, 7, Buffer.alloc(5)),
    frame(0x16, 0xff, 5, Buffer.alloc(20)),
    settings({ 99: 1, [SETTING.headerTableSize]: 0, [SETTING.maxFrameSize]: 2 ** 24 - 1 }),
    frame(FRAME.headers, endHeaders | 0xd2, 1, fields(requestFields(ECHO))),
    data(1, message('x')),
  ],
  'an id that leaves others out': [request(1, ECHO, 'x'), request(201, ECHO, 'y')],
  'credit for a stream that has ended': [
    request(1, ECHO, 'x'),
    frame(FRAME.windowUpdate, 0, 1, uint32(100)),
    frame(FRAME.resetStream, 0, 1, uint32(CODE.none)),
  ],
  'content-length that fits': [
    head(1, with_('content-length', '6'), endHeaders),
    data(1, message('x')),
  ],
  'GOAWAY of the caller, which still waits for its answer': [
    frame(FRAME.goAway, 0, 0, Buffer.alloc(8)),
    request(1, ECHO, 'x'),
  ],
}

for (const [name, sent] of Object.entries(ALLOWED)) {
  test(`answers: ${name}`, async (t) => {
    const peer = await connectRaw(server.socket)
    peer.send(hello(), ...sent, request(301, ECHO, 'still here'))
    t.is(await answered(peer, 1), 'x')
    t.is(await answered(peer, 301), 'still here')
    t.false(
      peer.received.some(({ type }) => type === FRAME.resetStream),
      describe(peer.received),
    )
    peer.socket.destroy()
  })
}

test('answers a PING with its own bytes, and SETTINGS with an acknowledgement', async (t) => {
  const peer = await connectRaw(server.socket)
  peer.send(hello(), frame(FRAME.ping, 0, 0, Buffer.from('12345678')))
  const pong = await peer.find(({ type }) => type === FRAME.ping)
  t.is(pong.flags, ack)
  t.is(pong.payload.toString(), '12345678')
  await peer.find(({ type, flags }) => type === FRAME.settings && flags === ack)
  peer.socket.destroy()
})

test('says first that its fields use no table', async (t) => {
  const peer = await connectRaw(server.socket)
  peer.send(hello({ [SETTING.headerTableSize]: 0 }), request(1, ECHO, 'x'), request(3, ECHO, 'y'))
  await answered(peer, 3)
  const blocks = peer.received.filter(({ type }) => type === FRAME.headers)
  t.is(blocks[0]?.payload[0], 0x20)
  t.deepEqual(
    blocks.slice(1).map(({ payload }) => payload[0] === 0x20),
    [false, false, false],
  )
  peer.socket.destroy()
})

test('refuses the stream above those it announced, and takes one again when one has ended', async (t) => {
  const peer = await connectRaw(server.socket)
  const ids = Array.from({ length: STREAMS_MAX }, (_, index) => 2 * index + 1)
  const above = 2 * STREAMS_MAX + 1
  peer.send(hello(), ...ids.map((id) => headers(id, ECHO)), request(above, ECHO, 'x'))
  t.is((await peer.find(resetOf(above))).payload.readUInt32BE(), CODE.refusedStream)
  peer.send(data(1, message('one')), request(above + 2, ECHO, 'again'))
  t.is(await answered(peer, 1), 'one')
  t.is(await answered(peer, above + 2), 'again')
  const announced = peer.received.find(({ type }) => type === FRAME.settings)
  t.is(announced?.payload.readUInt32BE(2), STREAMS_MAX)
  peer.socket.destroy()
})

test('refuses while twice as many answers are waited for, whoever has gone', async (t) => {
  const peer = await connectRaw(server.socket)
  const pieces = [hello()]
  for (let count = 0; count < 2 * STREAMS_MAX; count += 1) {
    const id = 2 * count + 1
    pieces.push(request(id, NEVER, 'x'), frame(FRAME.resetStream, 0, id, uint32(CODE.cancel)))
  }
  const above = 4 * STREAMS_MAX + 1
  peer.send(...pieces, request(above, ECHO, 'x'))
  t.is((await peer.find(resetOf(above))).payload.readUInt32BE(), CODE.refusedStream)
  t.is(peer.received.filter(({ type }) => type === FRAME.resetStream).length, 1)
  peer.socket.destroy()
})

test('more than a stream’s window, while its answers are waited for, is its error', async (t) => {
  const peer = await connectRaw(server.socket)
  const large = message(Buffer.alloc(STREAM_WINDOW / 2))
  const pieces = Array.from({ length: Math.ceil(large.length / 16_384) }, (_, index) =>
    data(1, large.subarray(index * 16_384, (index + 1) * 16_384), 0),
  )
  peer.send(hello(), headers(1, NEVER_EACH), data(1, message('x'), 0), ...pieces)
  peer.send(frame(FRAME.ping, 0, 0, Buffer.alloc(8)))
  await peer.find(({ type }) => type === FRAME.ping)
  t.false(peer.received.some(({ type }) => type === FRAME.resetStream))
  const credit = peer.received.filter(
    ({ type, streamId }) => type === FRAME.windowUpdate && streamId === 1,
  )
  t.deepEqual(credit, [])
  peer.send(...pieces, request(99, ECHO, 'still here'))
  t.is((await peer.find(resetOf(1))).payload.readUInt32BE(), CODE.flowControl)
  t.is(await answered(peer, 99), 'still here')
  peer.socket.destroy()
})

test('gives credit back for what it has read, on the stream and the connection', async (t) => {
  const peer = await connectRaw(server.socket)
  const piece = message(Buffer.alloc(16_000))
  const count = Math.ceil((2 * CONNECTION_WINDOW) / piece.length)
  // For the answers, which would stand in the way.
  const forAnswers = [0, 1].map((id) => frame(FRAME.windowUpdate, 0, id, uint32(2 ** 30)))
  peer.send(hello(), headers(1, EACH), ...forAnswers)
  for (let sent = 0; sent < count; sent += 1) peer.send(data(1, piece, 0))
  peer.send(request(99, ECHO, 'still here'))
  t.is(await answered(peer, 99), 'still here')
  const given = (id: number): number =>
    peer.received
      .filter(({ type, streamId }) => type === FRAME.windowUpdate && streamId === id)
      .reduce((sum, { payload }) => sum + payload.readUInt32BE(), 0)
  const sent = count * piece.length
  t.true(given(0) > sent - CONNECTION_WINDOW / 2, `${given(0)} of ${sent}`)
  t.true(given(1) > sent - STREAM_WINDOW / 2, `${given(1)} of ${sent}`)
  t.true(given(1) <= sent)
  peer.socket.destroy()
})

test('too many fields are refused, and the table stays right', async (t) => {
  const peer = await connectRaw(server.socket)
  const many = Array.from({ length: FIELD_LIST_BYTES_MAX / 64 }, (_, index): [string, string] => [
    `name-${index}`.padEnd(16, '-'),
    'v'.repeat(17),
  ])
  const block = fields([...requestFields(ECHO), ...many])
  // One of them goes into the table, behind the others.
  const remembered = Buffer.concat([
    Buffer.from([0x40, 4]),
    Buffer.from('name'),
    Buffer.from([5]),
    Buffer.from('value'),
  ])
  const whole = Buffer.concat([block, remembered])
  peer.send(
    hello(),
    frame(FRAME.headers, 0, 1, whole.subarray(0, 16_000)),
    frame(FRAME.continuation, endHeaders, 1, whole.subarray(16_000)),
    frame(
      FRAME.headers,
      endHeaders,
      3,
      Buffer.concat([fields(requestFields(ECHO)), Buffer.from([0xbe])]),
    ),
    data(3, message('x')),
  )
  t.is(await answered(peer, 3), 'x')
  const refused = peer.received.find(({ streamId }) => streamId === 1)
  t.true(refused?.payload.includes('grpc-status\u00018'))
  peer.socket.destroy()
})

/** What is HTTP/2 and no call of ours: the answer’s status, and gRPC’s where it is gRPC. */
const REFUSALS: Readonly<Record<string, readonly [expected: string, ...sent: Buffer[]]>> = {
  GET: ['405', head(1, with_(':method', 'GET'))],
  'another content type': ['415', head(1, with_('content-type', 'application/json'))],
  'no content type': ['415', head(1, without('content-type'))],
  'gRPC-Web': ['415', head(1, with_('content-type', 'application/grpc-web'))],
  'an unknown method': ['grpc-status\u000212', request(1, '/test.Echo/Other', 'x')],
  'a compressed message': [
    'grpc-status\u000212',
    headers(1, ECHO),
    data(1, Buffer.from([1, 0, 0, 0, 1, 7])),
  ],
  'no message': ['grpc-status\u000212', head(1, requestFields(ECHO))],
  'two messages': [
    'grpc-status\u000212',
    headers(1, ECHO),
    data(1, Buffer.concat([message('x'), message('y')])),
  ],
  'a message cut off': [
    'grpc-status\u000213',
    headers(1, ECHO),
    data(1, message('x').subarray(0, 5)),
  ],
  'a prefix cut off': [
    'grpc-status\u000213',
    headers(1, ECHO),
    data(1, message('x').subarray(0, 3)),
  ],
  'a message too large, as soon as it says so': [
    'grpc-status\u00018',
    headers(1, ECHO),
    data(1, Buffer.concat([Buffer.from([0]), uint32(MESSAGE_BYTES_MAX + 1)]), 0),
  ],
}

for (const [name, [expected, ...sent]] of Object.entries(REFUSALS)) {
  test(`refuses: ${name}`, async (t) => {
    const peer = await connectRaw(server.socket)
    peer.send(hello(), ...sent, request(99, ECHO, 'still here'))
    t.is(await answered(peer, 99), 'still here')
    const [end, ...more] = peer.received.filter(
      ({ type, streamId }) => type === FRAME.headers && streamId === 1,
    )
    t.deepEqual(more, [], 'trailers only')
    t.true(end?.payload.includes(expected), String(end?.payload))
    peer.socket.destroy()
  })
}

for (const type of ['application/grpc+proto', 'application/grpc;charset=utf-8']) {
  test(`answers ${type}`, async (t) => {
    const peer = await connectRaw(server.socket)
    peer.send(hello(), head(1, with_('content-type', type), endHeaders), data(1, message('x')))
    t.is(await answered(peer, 1), 'x')
    peer.socket.destroy()
  })
}
