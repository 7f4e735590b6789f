import { mkdtempSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import { Answer } from '../../../mcp-bridge/answer.ts'
import { UNSENT_BYTES_PER_USER_MAX } from '../../../mcp-bridge/limits.ts'
import { SessionStreams } from '../../../mcp-bridge/session-streams.ts'
import { Ticker } from '../../../mcp-bridge/ticker.ts'
import { Unread } from '../../../mcp-bridge/unread.ts'
import { socketFetch } from '../../support/socket-fetch.ts'

const BOTH = { json: true, stream: true }
const BEAT_MS = 100
const response = (id: number) => ({ jsonrpc: '2.0' as const, id, result: {} })

/** What a client gets from an answer that `act` works on. */
async function answered(
  t: ExecutionContext,
  options: ConstructorParameters<typeof Answer>[1],
  act: (answer: Answer) => unknown,
  revision = '2025-06-18',
) {
  const [keepAlive, firstBytes, seconds] = [1, 1, 10].map((beats) => new Ticker(beats * BEAT_MS))
  if (!keepAlive || !firstBytes || !seconds) throw new Error('no tickers')
  const ports = {
    keepAlive,
    firstBytes,
    seconds,
    budget: { bytes: 0 },
    budgets: new Map(),
    unread: new Unread(),
  }
  const streams = new SessionStreams(ports, 'dev:ann', () => {})
  streams.revision = revision
  const server = createServer((_, answering: ServerResponse) => {
    void act(new Answer(answering, options, streams))
  })
  const socket = join(mkdtempSync(join(tmpdir(), 'answer-')), 's')
  await listenOnSocket(server, socket)
  t.teardown(() => {
    for (const ticker of [keepAlive, firstBytes]) ticker.stop()
    server.close()
    server.closeAllConnections()
  })
  const got = await socketFetch(socket)('http://answer/')
  return { type: got.headers.get('content-type'), text: await got.text() }
}

test('the response first is JSON', async (t) => {
  const options = { accepted: BOTH, isBatch: false, expected: 1 }
  const { type, text } = await answered(t, options, (answer) => answer.settle(response(1)))
  t.is(type, 'application/json')
  t.deepEqual(JSON.parse(text), response(1))
})

for (const [revision, opening] of [
  ['2025-06-18', /^: keepalive\n/],
  ['2025-11-25', /^id: [\w-]{8}\.1\.0\nretry: 1000\ndata: \n\n/],
] as const) {
  test(`a call that takes long shows its first byte before its answer in ${revision}`, async (t) => {
    const options = { accepted: BOTH, isBatch: false, expected: 1 }
    const later = async (answer: Answer) => {
      while (answer.stream === undefined) await sleep(BEAT_MS / 10)
      // Some beats, also where a busy machine lets one pass.
      await sleep(10 * BEAT_MS)
      answer.settle(response(1))
    }
    const { type, text } = await answered(t, options, later, revision)
    t.is(type, 'text/event-stream')
    t.regex(text, opening)
    const [, id] = /\nevent: message\nid: (.*)\ndata: /.exec(text) ?? []
    t.regex(id ?? '', /^[\w-]{8}\.1\.1$/)
    t.true(text.endsWith(`id: ${id}\ndata: ${JSON.stringify(response(1))}\n\n`))
    t.regex(text, /\n: keepalive\n/, 'and it is kept alive until then')
  })
}

test('a call whose answer comes with the first beat is JSON', async (t) => {
  const options = { accepted: BOTH, isBatch: false, expected: 1 }
  const { type } = await answered(t, options, (answer) => {
    answer.beat()
    answer.settle(response(1))
  })
  t.is(type, 'application/json')
})

test('what some clients take for line breaks is escaped', async (t) => {
  const options = { accepted: { json: false, stream: true }, isBatch: false, expected: 1 }
  const result = { text: 'a\u2028b\u2029c\u0085d' }
  const { text } = await answered(t, options, (answer) => answer.settle({ ...response(1), result }))
  const data = text.split('\n').find((line) => line.startsWith('data: ')) ?? ''
  t.notRegex(text, /[\u0085\u2028\u2029]/)
  t.deepEqual(JSON.parse(data.slice('data: '.length)), { ...response(1), result })
})

test('a silent call stays JSON for a client that reads no stream', async (t) => {
  const options = { accepted: { json: true, stream: false }, isBatch: false, expected: 1 }
  const { type } = await answered(t, options, async (answer) => {
    await sleep(3.5 * BEAT_MS)
    answer.settle(response(1))
  })
  t.is(type, 'application/json')
})

test('a message in the middle of a batch turns what is there into a stream', async (t) => {
  const options = { accepted: BOTH, isBatch: true, expected: 2 }
  const { type, text } = await answered(t, options, (answer) => {
    answer.settle(response(1))
    answer.send('"message"')
    answer.settle(response(2))
  })
  t.is(type, 'text/event-stream')
  const data = text.split('\n').filter((line) => line.startsWith('data: '))
  t.deepEqual(
    data.map((line) => JSON.parse(line.slice('data: '.length)) as unknown),
    [response(1), 'message', response(2)],
  )
})

test('what was cancelled is missing from a batch', async (t) => {
  const options = { accepted: BOTH, isBatch: true, expected: 2 }
  const { type, text } = await answered(t, options, (answer) => {
    answer.abandon(response(1))
    answer.settle(response(2))
  })
  t.is(type, 'application/json')
  t.deepEqual(JSON.parse(text), [response(2)])
})

test('what the server nests too deeply is answered with an error', async (t) => {
  const options = { accepted: BOTH, isBatch: false, expected: 1 }
  const deep: unknown = JSON.parse('['.repeat(50_000) + ']'.repeat(50_000))
  const { text } = await answered(t, options, (answer) =>
    answer.settle({ ...response(1), result: deep }),
  )
  t.like(JSON.parse(text), { id: 1, error: { code: -32603 } })
})

test('of a batch what waits for the rest counts: beyond the bound an answer is an error', async (t) => {
  const accepted = { json: true, stream: false }
  const text = 'x'.repeat(UNSENT_BYTES_PER_USER_MAX / 2)
  const options = { accepted, isBatch: true, expected: 4 }
  const got = await answered(t, options, (answer) => {
    for (const id of [1, 2, 3]) answer.settle({ jsonrpc: '2.0', id, result: { text } })
    answer.settle(response(4))
  })
  const parts = JSON.parse(got.text) as { id: number; error?: { message: string } }[]
  t.deepEqual(
    parts.map(({ id, error }) => [id, error?.message.slice(0, 22)]),
    [
      [1, undefined],
      [2, undefined],
      [3, 'the answer was dropped'],
      [4, undefined],
    ],
  )
})
