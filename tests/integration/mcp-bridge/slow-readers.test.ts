import { mkdtempSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import { Admission } from '../../../mcp-bridge/admission.ts'
import type { RpcMessage } from '../../../mcp-bridge/json-rpc.ts'
import { CONGESTED_BYTES, UNSENT_BYTES_MAX } from '../../../mcp-bridge/limits.ts'
import { LiveSession } from '../../../mcp-bridge/live-session.ts'
import type { Call } from '../../../mcp-bridge/runner/process-user.ts'
import type { ServerProcess } from '../../../mcp-bridge/runner/server-process.ts'
import { Ticker } from '../../../mcp-bridge/ticker.ts'

const IDENTITY = {
  userId: 'dev:ann',
  userName: 'ann',
  clientId: 'client',
  scopes: [],
  grantId: 'grant',
  tokenId: 'token',
  expiresAt: 4_000_000_000,
}

/** A session in front of a process that notes what it is told; GET listens, POST calls. */
async function setUp(t: ExecutionContext) {
  const told = { relieved: 0, passed: [] as RpcMessage[] }
  const calls: Call[] = []
  const process = {
    request: (_: unknown, call: Call) => void calls.push(call),
    pass: (message: RpcMessage) => void told.passed.push(message),
    relieved: () => {
      told.relieved += 1
    },
  } as unknown as ServerProcess
  const tickers = [new Ticker(15_000), new Ticker(50), new Ticker(1000)]
  const [keepAlive, firstBytes, seconds] = tickers as [Ticker, Ticker, Ticker]
  const budget = { bytes: 0 }
  const session = new LiveSession({
    id: 'id',
    owner: { user: 'dev:ann', client: 'client', service: 'svc' },
    capabilities: {},
    ports: { keepAlive, firstBytes, seconds, budget },
    onEnd: () => {},
  })
  session.begin(process)
  session.streams.revision = '2025-11-25'
  const admission = () => new Admission({ identity: IDENTITY, cut: () => {}, onOver: () => {} }, 0)
  const accepted = { json: true, stream: true }
  const server = createServer((request, response) => {
    const { 'last-event-id': lastEventId } = request.headers
    const call = { jsonrpc: '2.0' as const, id: 1, method: 'work' }
    if (request.method === 'POST') {
      session.post({ messages: [call], isBatch: false }, response, accepted, admission())
    } else if (lastEventId === undefined) session.listen(response)
    else session.resume(String(lastEventId), response)
  })
  const socketPath = join(mkdtempSync(join(tmpdir(), 'slow-')), 's')
  await listenOnSocket(server, socketPath)
  t.teardown(() => {
    for (const ticker of tickers) ticker.stop()
    server.close()
    server.closeAllConnections()
  })
  /** An answer of which nothing is read until somebody does. */
  const ask = async (method: string, headers: Record<string, string> = {}) => {
    const request = httpRequest({ socketPath, method, headers, agent: false })
    request.on('error', () => {})
    const answer = new Promise<IncomingMessage>((resolve) => request.once('response', resolve))
    request.end()
    return await answer
  }
  const say = (bytes: number): void =>
    session.deliver(
      { jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(bytes) } },
      undefined,
    )
  return { session, budget, told, calls, ask, say }
}

async function until(isDone: () => boolean): Promise<void> {
  for (let time = 0; time < 400 && !isDone(); time += 1) await sleep(25)
}

const STEP = 400_000

test('a client that does not read is noticed, and its server hears when it reads again', async (t) => {
  const { session, told, ask, say } = await setUp(t)
  const stream = await ask('GET')
  t.false(session.isCongested)
  for (let bytes = 0; bytes < 2 * CONGESTED_BYTES; bytes += STEP) say(STEP)
  t.true(session.isCongested)
  t.is(told.relieved, 0)
  let read = 0
  stream.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  await until(() => told.relieved > 0)
  t.false(session.isCongested)
  t.is(told.relieved, 1)
  await until(() => read > 2 * CONGESTED_BYTES)
  t.true(read > 2 * CONGESTED_BYTES, 'nothing of it is lost')
})

test('a client that never reads is cut off, and can come back', async (t) => {
  const { session, told, ask, say, budget } = await setUp(t)
  const stream = await ask('GET')
  const cut = new Promise((resolve) => stream.once('close', resolve))
  let said = 0
  for (; said < 4 * UNSENT_BYTES_MAX && session.isBusy; said += STEP) {
    say(STEP)
    await sleep(0)
  }
  t.true(said < 1.2 * UNSENT_BYTES_MAX, `cut after ${said} bytes`)
  await until(() => told.relieved > 0)
  t.false(session.isCongested)
  t.true(budget.bytes <= 1.1 * CONGESTED_BYTES)
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  stream.on('error', () => {})
  await cut
  const lastEventId = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? ''
  const again = await ask('GET', { 'last-event-id': lastEventId })
  let more = ''
  again.setEncoding('utf8').on('data', (chunk: string) => {
    more += chunk
  })
  say(1)
  await until(() => more.includes('"data":"x"'))
  const ids = [...more.matchAll(/^id: .*\.(\d+)$/gm)].map(([, place]) => Number(place))
  t.is(ids.at(-1), said / STEP + 1, 'what is kept, up to the newest')
  t.true(ids.length >= 3)
})

test('answers that nobody reads count, and no further call is taken', async (t) => {
  const { session, calls, ask, told } = await setUp(t)
  const answers: IncomingMessage[] = []
  const settle = async (): Promise<void> => {
    const answer = ask('POST')
    await until(() => calls.length > 0)
    const call = calls.pop()
    call?.settle({ jsonrpc: '2.0', id: 1, result: { text: 'x'.repeat(UNSENT_BYTES_MAX / 2) } })
    answers.push(await answer)
  }
  for (let n = 0; n < 2; n += 1) await settle()
  t.true(session.isCongested)
  const error = t.throws(() =>
    session.post(
      { messages: [{ jsonrpc: '2.0', id: 2, method: 'work' }], isBatch: false },
      {} as never,
      { json: true, stream: true },
      {} as never,
    ),
  )
  t.regex(error?.message ?? '', /read the answers first/)
  for (const answer of answers) answer.resume()
  await until(() => told.relieved > 0)
  await settle()
  t.is(answers.at(-1)?.statusCode, 200)
})

test('a large message to a client that reads is no reason to cut it', async (t) => {
  const { ask, say, session } = await setUp(t)
  const stream = await ask('GET')
  let read = 0
  stream.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  say(UNSENT_BYTES_MAX / 2)
  await until(() => read > UNSENT_BYTES_MAX / 2)
  say(10)
  await sleep(50)
  t.true(session.isBusy)
})

test('who leaves while it is congested relieves the server', async (t) => {
  const { ask, say, session, told } = await setUp(t)
  const stream = await ask('GET')
  for (let bytes = 0; bytes < 2 * CONGESTED_BYTES; bytes += STEP) say(STEP)
  t.true(session.isCongested)
  stream.destroy()
  await until(() => told.relieved > 0)
  t.false(session.isCongested)
})
