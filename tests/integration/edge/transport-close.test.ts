/** How a server closes while it is asked: in two steps, finishing what runs, and not for ever. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { CLOSE_MS, GOAWAY_MS } from '../../../ext-authz/transport/http2/limits.ts'
import { CODE, FLAG, FRAME, WINDOW_MAX } from '../../../ext-authz/transport/http2/protocol.ts'
import { startGrpc } from '../../support/grpc-servers.ts'
import {
  answerOf,
  connectRaw,
  describe,
  frame,
  hello,
  type RawFrame,
  type RawPeer,
  request,
} from '../../support/raw-http2.ts'

const ECHO = '/test.Echo/Now'
const GATED = '/test.Echo/Gated'

async function gated() {
  const gate = Promise.withResolvers<void>()
  const server = await startGrpc('fast', {
    [ECHO]: (bytes) => bytes,
    [GATED]: async (bytes) => {
      await gate.promise
      return bytes
    },
  })
  return { server, open: () => gate.resolve() }
}

const goAways = (peer: RawPeer): RawFrame[] =>
  peer.received.filter(({ type }) => type === FRAME.goAway)

async function pong(peer: RawPeer): Promise<void> {
  const ping = await peer.find(({ type, flags }) => type === FRAME.ping && flags === 0)
  peer.send(frame(FRAME.ping, FLAG.ack, 0, ping.payload))
}

const answered = (peer: RawPeer, id: number): Promise<RawFrame> =>
  peer.find(
    ({ type, streamId, flags }) =>
      type === FRAME.headers && streamId === id && (flags & FLAG.endStream) !== 0,
  )

test('first says that it closes, then up to where it answers; what runs is finished', async (t) => {
  const { server, open } = await gated()
  const peer = await connectRaw(server.socket)
  peer.send(hello(), request(1, GATED, 'running'), request(3, ECHO, 'done'))
  await answered(peer, 3)
  const closed = server.close()
  const first = await peer.find(({ type }) => type === FRAME.goAway)
  t.is(first.payload.readUInt32BE(), WINDOW_MAX)
  // On its way before the first was read: answered.
  peer.send(request(5, ECHO, 'on its way'))
  await answered(peer, 5)
  await pong(peer)
  await peer.find(() => goAways(peer).length === 2)
  t.is(goAways(peer)[1]?.payload.readUInt32BE(), 5)
  t.is(goAways(peer)[1]?.payload.readUInt32BE(4), CODE.none)
  peer.send(request(7, ECHO, 'too late'))
  const refused = await peer.find(({ type }) => type === FRAME.resetStream)
  t.is(refused.streamId, 7)
  t.is(refused.payload.readUInt32BE(), CODE.refusedStream)
  open()
  await answered(peer, 1)
  t.is(answerOf(peer.received, 1).subarray(5).toString(), 'running')
  await peer.closed
  await closed
})

test('a peer that answers no PING is told the end all the same', async (t) => {
  const { server, open } = await gated()
  const peer = await connectRaw(server.socket)
  peer.send(hello(), request(1, GATED, 'running'))
  await peer.find(({ type, flags }) => type === FRAME.settings && flags === FLAG.ack)
  const startedAt = performance.now()
  const closed = server.close()
  await peer.find(() => goAways(peer).length === 2)
  t.true(performance.now() - startedAt >= GOAWAY_MS - 5)
  open()
  await peer.closed
  t.is(answerOf(peer.received, 1).subarray(5).toString(), 'running')
  await closed
})

test('idle peers, and those that have said nothing, are closed at once', async (t) => {
  const { server } = await gated()
  const idle = await connectRaw(server.socket)
  const silent = await connectRaw(server.socket)
  idle.send(hello())
  await idle.find(({ type, flags }) => type === FRAME.settings && flags === FLAG.ack)
  const closed = server.close()
  await silent.closed
  await pong(idle)
  await idle.closed
  await closed
  t.is(goAways(idle).length, 2, describe(idle.received))
})

test('an answer that never comes is not waited for longer than the bound', async (t) => {
  const { server } = await gated()
  const peer = await connectRaw(server.socket)
  peer.send(hello(), request(1, GATED, 'for ever'))
  await peer.find(({ type, flags }) => type === FRAME.settings && flags === FLAG.ack)
  const startedAt = performance.now()
  await server.close()
  const tookMs = performance.now() - startedAt
  t.true(tookMs >= CLOSE_MS - 5 && tookMs < CLOSE_MS + 5000, `${tookMs} ms`)
  await peer.closed
})

test('a peer that says nothing at all is not waited for', async (t) => {
  t.timeout(60_000)
  const { server } = await gated()
  const silent = await connectRaw(server.socket)
  const half = await connectRaw(server.socket)
  half.send(hello().subarray(0, 10))
  const fine = await connectRaw(server.socket)
  fine.send(hello())
  await Promise.all([silent.closed, half.closed])
  await sleep(10)
  fine.send(request(1, ECHO, 'still here'))
  await answered(fine, 1)
  fine.socket.destroy()
  await server.close()
  t.is(server.logged.filter(({ msg }) => msg === 'gRPC connection without a preface').length, 2)
})
