import test from 'ava'
import type { FrameWriter } from '../../../../ext-authz/transport/http2/frame-writer.ts'
import {
  CODE,
  ConnectionError,
  StreamError,
  WINDOW_INITIAL,
  WINDOW_MAX,
} from '../../../../ext-authz/transport/http2/protocol.ts'
import { Sender } from '../../../../ext-authz/transport/http2/sender.ts'
import { Stream } from '../../../../ext-authz/transport/http2/stream.ts'

const END = Buffer.from('end')
const PREFIX = Buffer.from('12345')

interface World {
  readonly sender: Sender
  /** What was written: bytes of DATA, or the end. */
  readonly written: (readonly [streamId: number, what: number | 'end'])[]
  stream(id: number): Stream
}

function world(): World {
  const written: (readonly [number, number | 'end'])[] = []
  const writer = {
    fields: (_frame: Buffer, id: number) => written.push([id, 'end']),
    data: (id: number, head: Buffer, body: Buffer) => written.push([id, head.length + body.length]),
  } as unknown as FrameWriter
  const sender = new Sender(writer, (stream) => {
    stream.isClosed = true
  })
  return { sender, written, stream: (id) => new Stream(id, true, -1, sender.initialWindow) }
}

function answer({ sender }: World, stream: Stream, bytes: number): void {
  sender.send(stream, PREFIX, Buffer.alloc(bytes - PREFIX.length))
  sender.finish(stream, END)
}

test('what fits goes at once, in one frame', (t) => {
  const all = world()
  answer(all, all.stream(1), 100)
  t.deepEqual(all.written, [
    [1, 100],
    [1, 'end'],
  ])
})

test('content alone is charged: ten million answers leave the window where the peer’s credit puts it', (t) => {
  const { sender, stream, written } = world()
  const one = stream(1)
  for (let count = 0; count < 100_000; count += 1) {
    sender.send(one, PREFIX, END)
    sender.creditStream(one, 8)
    sender.creditConnection(8)
  }
  sender.send(one, PREFIX, Buffer.alloc(16_000))
  sender.send(one, PREFIX, Buffer.alloc(16_000))
  sender.send(one, PREFIX, Buffer.alloc(16_000))
  sender.send(one, PREFIX, Buffer.alloc(16_000))
  t.is(written.length, 100_004)
  t.is(one.sendWindow, WINDOW_INITIAL - 4 * 16_005)
})

test('an empty window waits for the stream’s credit, a frame at a time', (t) => {
  const all = world()
  all.sender.changeInitialWindow(0, [])
  const stream = all.stream(1)
  answer(all, stream, 10)
  t.deepEqual(all.written, [])
  all.sender.creditConnection(1000)
  t.deepEqual(all.written, [], 'the connection’s credit is not the stream’s')
  all.sender.creditStream(stream, 4)
  all.sender.creditStream(stream, 5)
  t.deepEqual(all.written, [
    [1, 4],
    [1, 5],
  ])
  all.sender.creditStream(stream, 5)
  t.deepEqual(all.written.slice(2), [
    [1, 1],
    [1, 'end'],
  ])
})

test('a window that the peer makes negative has to become positive again', (t) => {
  const all = world()
  const stream = all.stream(1)
  all.sender.send(stream, PREFIX, Buffer.alloc(95))
  all.sender.changeInitialWindow(10, [stream])
  t.is(stream.sendWindow, -90)
  answer(all, stream, 20)
  all.sender.creditStream(stream, 90)
  t.deepEqual(all.written, [[1, 100]], 'nothing at zero')
  all.sender.creditStream(stream, 1)
  t.deepEqual(all.written.slice(1), [[1, 1]])
  all.sender.changeInitialWindow(100, [stream])
  t.deepEqual(all.written.slice(2), [
    [1, 19],
    [1, 'end'],
  ])
})

test('the connection’s credit goes round: none waits for ever', (t) => {
  const all = world()
  all.sender.send(all.stream(1), PREFIX, Buffer.alloc(WINDOW_INITIAL - 5))
  all.written.splice(0)
  const [three, five] = [all.stream(3), all.stream(5)]
  answer(all, three, 30)
  answer(all, five, 10)
  all.sender.creditConnection(20)
  all.sender.creditConnection(5)
  all.sender.creditConnection(15)
  t.deepEqual(all.written, [
    [3, 20],
    [5, 5],
    [3, 10],
    [3, 'end'],
    [5, 5],
    [5, 'end'],
  ])
})

test('a small answer does not overtake those that wait', (t) => {
  const all = world()
  all.sender.send(all.stream(1), PREFIX, Buffer.alloc(WINDOW_INITIAL - 5))
  all.written.splice(0)
  answer(all, all.stream(3), 30)
  all.sender.creditConnection(10)
  answer(all, all.stream(5), 6)
  t.deepEqual(all.written, [[3, 10]])
})

test('a stream that was reset is not written to', (t) => {
  const all = world()
  all.sender.send(all.stream(1), PREFIX, Buffer.alloc(WINDOW_INITIAL - 5))
  all.written.splice(0)
  const stream = all.stream(3)
  answer(all, stream, 30)
  all.sender.forget(stream)
  all.sender.creditConnection(100)
  t.deepEqual(all.written, [])
})

test('who sends in turn is told when all has gone', (t) => {
  const { sender, stream, written } = world()
  sender.changeInitialWindow(10, [])
  const one = stream(1)
  let drained = 0
  one.exchange = {
    isBusy: false,
    received() {},
    ended() {},
    closed() {},
    drained() {
      drained += 1
    },
  }
  t.true(sender.send(one, PREFIX, END))
  t.false(sender.send(one, PREFIX, END))
  t.throws(() => sender.send(one, PREFIX, END), { instanceOf: RangeError })
  t.is(drained, 0)
  sender.creditStream(one, 100)
  t.is(drained, 1)
  t.deepEqual(written, [
    [1, 8],
    [1, 2],
    [1, 6],
  ])
})

test('a window beyond 2^31 - 1 is FLOW_CONTROL_ERROR of whom it belongs to', (t) => {
  const { sender, stream } = world()
  const [one, two] = [stream(1), stream(3)]
  const connection = { instanceOf: ConnectionError }
  t.is(t.throws(() => sender.creditConnection(WINDOW_MAX), connection)?.code, CODE.flowControl)
  const error = t.throws(() => sender.creditStream(one, WINDOW_MAX), { instanceOf: StreamError })
  t.is(error?.code, CODE.flowControl)
  sender.creditStream(two, WINDOW_MAX - WINDOW_INITIAL)
  const change = (): void => sender.changeInitialWindow(WINDOW_INITIAL + 1, [two])
  t.is(t.throws(change, connection)?.code, CODE.flowControl)
})
