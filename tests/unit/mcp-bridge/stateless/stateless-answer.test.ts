import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { CODES, type RpcNotification } from '../../../../mcp-bridge/json-rpc.ts'
import { STATELESS_FIRST_BYTE_BEATS } from '../../../../mcp-bridge/limits.ts'
import { StatelessAnswer } from '../../../../mcp-bridge/stateless/stateless-answer.ts'
import { Ticker } from '../../../../mcp-bridge/ticker.ts'
import { allEvents } from '../../../support/mcp.ts'

const JSON_ALONE = 'application/json'
const STREAM_ALONE = 'text/event-stream'
const BOTH = `${JSON_ALONE}, ${STREAM_ALONE}`

const NOTE: RpcNotification = { jsonrpc: '2.0', method: 'notifications/progress', params: { n: 1 } }
const DONE = { jsonrpc: '2.0' as const, id: 1, result: { resultType: 'complete' } }
const failed = (code: number) => ({ jsonrpc: '2.0' as const, id: 1, error: { code, message: 'x' } })

/** What a client gets that is answered so; `firstBytes` beats when the test says. */
async function answering(t: ExecutionContext, accept: string) {
  const ports = { keepAlive: new Ticker(60_000), firstBytes: new Ticker(60_000) }
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const leave = new AbortController()
  const response = fetch(`http://127.0.0.1:${port}`, { headers: { accept }, signal: leave.signal })
  response.catch(() => {})
  const [request, raw] = await once(server, 'request')
  return { answer: new StatelessAnswer({ request, response: raw }, ports), response, leave, raw }
}

for (const [accept, type] of [
  [BOTH, JSON_ALONE],
  [JSON_ALONE, JSON_ALONE],
  ['*/*', JSON_ALONE],
  [STREAM_ALONE, STREAM_ALONE],
] as const) {
  test(`at once for ${accept}: ${type}`, async (t) => {
    const { answer, response } = await answering(t, accept)
    answer.settle(DONE)
    const got = await response
    t.is(got.status, 200)
    t.is(got.headers.get('content-type'), type)
    const [body] = type === JSON_ALONE ? [await got.json()] : await allEvents(got)
    t.deepEqual(body, DONE)
    t.false(answer.isOpen)
    t.notThrows(() => answer.settle(DONE), 'the first one counts')
    t.notThrows(() => answer.notify(NOTE))
  })
}

test('what comes before the response makes it a stream', async (t) => {
  const { answer, response } = await answering(t, BOTH)
  answer.notify(NOTE)
  answer.settle(failed(CODES.methodNotFound))
  const got = await response
  t.is(got.status, 200, 'it has begun')
  t.deepEqual(await allEvents(got), [NOTE, failed(CODES.methodNotFound)])
})

test('who reads no stream gets the response alone', async (t) => {
  const { answer, response } = await answering(t, JSON_ALONE)
  answer.notify(NOTE)
  answer.settle(DONE)
  t.deepEqual(await (await response).json(), DONE)
})

for (const [name, status] of [
  ['methodNotFound', 404],
  ['headerMismatch', 400],
  ['missingCapability', 400],
  ['unsupportedVersion', 400],
  ['invalidParams', 200],
  ['internal', 200],
] as const) {
  test(`the error ${name} of a server has status ${status}`, async (t) => {
    const { answer, response } = await answering(t, BOTH)
    answer.settle(failed(CODES[name]))
    const got = await response
    t.is(got.status, status)
    t.deepEqual(await got.json(), failed(CODES[name]))
  })
}

test('a call that lasts begins its stream after a while, not with the first beats', async (t) => {
  const { answer, response, raw } = await answering(t, BOTH)
  answer.expect()
  for (let beat = 1; beat < STATELESS_FIRST_BYTE_BEATS; beat += 1) answer.beat()
  t.false(raw.headersSent)
  answer.beat()
  t.true(raw.headersSent)
  answer.settle(DONE)
  t.deepEqual(await allEvents(await response), [DONE])
})

test('who leaves before the response has cancelled, who leaves with it has not', async (t) => {
  const left = await answering(t, BOTH)
  let cancelled = 0
  left.answer.onLeft(() => {
    cancelled += 1
  })
  left.leave.abort()
  await once(left.raw, 'close')
  t.is(cancelled, 1)
  t.false(left.answer.isOpen)
  const stays = await answering(t, BOTH)
  stays.answer.onLeft(() => {
    cancelled += 1
  })
  stays.answer.settle(DONE)
  await (await stays.response).text()
  if (!stays.raw.closed) await once(stays.raw, 'close')
  t.is(cancelled, 1)
})

test('the response is shown before the client sees it', async (t) => {
  const { answer, response } = await answering(t, BOTH)
  const seen: unknown[] = []
  answer.onSettled((one) => seen.push(one))
  answer.settle(DONE)
  t.deepEqual(seen, [DONE])
  await (await response).text()
})
