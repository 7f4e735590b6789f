import { mkdtempSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import { Answer } from '../../../mcp-bridge/answer.ts'
import { KeepAlive } from '../../../mcp-bridge/keep-alive.ts'
import { socketFetch } from '../../support/socket-fetch.ts'

const BOTH = { json: true, stream: true }
const BEAT_MS = 100
const response = (id: number) => ({ jsonrpc: '2.0' as const, id, result: {} })

/** What a client gets from an answer that `act` works on. */
async function answered(
  t: ExecutionContext,
  options: ConstructorParameters<typeof Answer>[1],
  act: (answer: Answer) => Promise<void> | void,
) {
  const keepAlive = new KeepAlive(BEAT_MS)
  const server = createServer((_, answering: ServerResponse) => {
    void act(new Answer(answering, options, keepAlive))
  })
  const socket = join(mkdtempSync(join(tmpdir(), 'answer-')), 's')
  await listenOnSocket(server, socket)
  t.teardown(() => {
    keepAlive.stop()
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

test('a silent call becomes a stream before anybody cuts it', async (t) => {
  const options = { accepted: BOTH, isBatch: false, expected: 1 }
  const { type, text } = await answered(t, options, async (answer) => {
    await sleep(3.5 * BEAT_MS)
    answer.settle(response(1))
  })
  t.is(type, 'text/event-stream')
  const data = `event: message\ndata: ${JSON.stringify(response(1))}\n\n`
  t.regex(text, /^(?:: keepalive\n\n)+event: message\ndata: /)
  t.true(text.endsWith(data))
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
