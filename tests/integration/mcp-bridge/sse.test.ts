/** The transport of 2024-11-05, HTTP with SSE: for clients that know nothing else, where the operator wants it. */

import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import { CreateMessageRequestSchema } from '@modelcontextprotocol/sdk/types.js'
import test from 'ava'
import { lastAudit } from '../../../lib/store/audit-record.ts'
import { type Caller, fixture } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { initializeBody, json, note, open, type RpcBody, rpc, send } from '../../support/mcp.ts'
import { somebody, startRevocableBridge } from '../../support/revocable.ts'
import { callText } from '../../support/sdk-client.ts'

const WAIT_MS = 15_000
const { bridge, revoke } = await startRevocableBridge({
  services: {
    everything: { npm: '@modelcontextprotocol/server-everything', args: ['stdio'], sse: true },
    old: fixture('echoes.ts', { sse: true }),
    shared: fixture('echoes.ts', { sse: true, isolation: 'shared' }),
    ruled: fixture('offers-tools.ts', {
      sse: true,
      tools: { deny: ['danger'], scopes: { write: ['write'] } },
      scopes: { write: 'Write.' },
    }),
    latest: fixture('stateless-only.ts', { sse: true }),
    new: fixture('echoes.ts'),
  },
})
test.after.always(() => bridge.stop())

interface OldStream {
  readonly path: string
  /** What comes, the oldest first. */
  next(): Promise<RpcBody | undefined>
  post(body: unknown, caller?: Caller): Promise<Response>
  leave(): Promise<void>
}

/** A client of the old transport, as far as it goes. */
async function openOld(service: string, caller: Caller = somebody()): Promise<OldStream> {
  const response = await send(bridge, service, undefined, { caller, accept: 'text/event-stream' })
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
  const reader = (response.body ?? new ReadableStream()).getReader()
  const decoder = new TextDecoder()
  let text = ''
  const event = async (): Promise<{ name: string; data: string } | undefined> => {
    for (;;) {
      const found = /^event: (\w+)\ndata: (.*)\n\n/m.exec(text)
      if (found !== null) {
        text = text.slice(found.index + found[0].length)
        return { name: found[1] ?? '', data: found[2] ?? '' }
      }
      const { value, done } = await reader.read()
      if (done) return undefined
      text += decoder.decode(value, { stream: true })
    }
  }
  const first = await event()
  if (first?.name !== 'endpoint') throw new Error(`first came ${first?.name}`)
  return {
    path: first.data,
    async next() {
      const found = await event()
      return found && (JSON.parse(found.data) as RpcBody)
    },
    post: (body, other = caller) =>
      bridge.fetch(other)(`http://gateway${first.data}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    leave: () => reader.cancel(),
  }
}

async function begin(service: string, caller?: Caller): Promise<OldStream> {
  const old = await openOld(service, caller)
  await old.post(initializeBody('2024-11-05', { sampling: {} }))
  await old.next()
  await old.post(note('notifications/initialized'))
  return old
}

// Alone: it counts processes.
test.serial('the official client calls tools, and is asked by the server', async (t) => {
  const transport = new SSEClientTransport(new URL('http://gateway/everything/mcp'), {
    fetch: bridge.fetch(somebody()),
  })
  const client = new Client({ name: 'old', version: '1' }, { capabilities: { sampling: {} } })
  client.setRequestHandler(CreateMessageRequestSchema, () => ({
    model: 'test',
    role: 'assistant',
    content: { type: 'text', text: 'sampled' },
  }))
  await client.connect(transport)
  t.regex(await callText(client, 'echo', { message: 'hü' }), /hü/)
  const { tools } = await client.listTools()
  t.true(tools.length > 5)
  const sampling = tools.find(({ name }) => /sampling/i.test(name))?.name ?? ''
  t.regex(await callText(client, sampling, { prompt: 'say', maxTokens: 5 }), /sampled/)
  const before = bridge.children().length
  await client.close()
  await until(() => bridge.children().length < before, WAIT_MS)
  t.true(bridge.children().length < before, 'its process ends with the stream')
})

test('a server that knows no sessions is translated, at the first time and later', async (t) => {
  for (const name of ['first', 'later']) {
    const transport = new SSEClientTransport(new URL('http://gateway/latest/mcp'), {
      fetch: bridge.fetch(somebody()),
    })
    const client = new Client({ name, version: '1' })
    await client.connect(transport)
    t.true((await client.listTools()).tools.length > 0, name)
    await client.close()
  }
})

test('the first event names the address, the answer comes on the stream', async (t) => {
  const old = await openOld('old')
  t.regex(old.path, /^\/old\/mcp\?sessionId=[\w-]{40,}$/)
  const early = await old.post(rpc('ping'))
  t.is(early.status, 400)
  t.is((await json(early)).error?.message, 'begin with initialize')
  const accepted = await old.post(initializeBody('2024-11-05'))
  t.is(accepted.status, 202)
  t.is(await accepted.text(), '')
  const answer = await old.next()
  t.is(answer?.result?.['protocolVersion'], '2024-11-05')
  t.is((await old.post(initializeBody('2024-11-05'))).status, 400)
  t.is((await old.post([rpc('ping')])).status, 400)
  await old.post(rpc('what', { a: 1 }, 'x'))
  t.like(await old.next(), { id: 'x', result: { method: 'what', params: { a: 1 } } })
  await old.post(rpc('notify', { n: 7 }, 'y'))
  t.like(await old.next(), { method: 'notifications/message', params: { n: 7 } })
  t.like(await old.next(), { id: 'y' })
  await old.leave()
})

test('its session is found by its owner alone, and by no other way', async (t) => {
  const caller = somebody()
  const old = await begin('old', caller)
  const id = old.path.split('=')[1] ?? ''
  for (const other of [
    { ...caller, user: 'dev:eve' },
    { ...caller, client: 'client-of-eve' },
  ]) {
    t.is((await old.post(rpc('ping'), other)).status, 404)
  }
  t.is((await send(bridge, 'old', rpc('ping'), { caller, session: id })).status, 404)
  t.is((await send(bridge, 'old', undefined, { caller, session: id })).status, 404)
  const session = await open(bridge, 'old', { caller })
  const mixed = await bridge.fetch(caller)(`http://gateway/old/mcp?sessionId=${session.id}`, {
    method: 'POST',
    body: JSON.stringify(rpc('ping')),
  })
  t.is(mixed.status, 404)
  await old.post(rpc('still', {}, 's'))
  t.like(await old.next(), { id: 's' })
  await old.leave()
})

test('the end of the stream is the session’s; of several on one process it ends one', async (t) => {
  const caller = somebody()
  const [one, other] = [await begin('shared', caller), await begin('shared', somebody())]
  await one.leave()
  await until(async () => (await one.post(rpc('ping'))).status === 404, WAIT_MS)
  t.is((await one.post(rpc('ping'))).status, 404)
  await other.post(rpc('still', {}, 's'))
  t.like(await other.next(), { id: 's' })
  await other.leave()
})

test('a call is cancelled without an answer', async (t) => {
  const old = await begin('old')
  await old.post(rpc('never', {}, 'n'))
  await old.post(note('notifications/cancelled', { requestId: 'n' }))
  await old.post(rpc('heard', {}, 'h'))
  const answer = await old.next()
  t.is(answer?.id, 'h')
  t.regex(JSON.stringify(answer?.result), /notifications\/cancelled/)
  await old.leave()
})

test('a revoked caller’s calls are answered with the reason, and the stream ends', async (t) => {
  const caller = somebody()
  const old = await begin('old', caller)
  await old.post(rpc('never', {}, 'n'))
  await revoke('token', caller)
  t.like(await old.next(), { id: 'n', error: { data: { reason: 'revoked token' } } })
  t.is(await old.next(), undefined)
  t.is((await old.post(rpc('ping'), { ...caller, token: 'next' })).status, 404)
})

test('rules about tools hold here too, and calls are kept', async (t) => {
  const caller = { ...somebody(), scopes: ['mcp'] }
  const old = await begin('ruled', caller)
  const call = (name: string): object => rpc('tools/call', { name, arguments: {} }, name)
  t.is((await old.post(call('danger'))).status, 202)
  t.like(await old.next(), { id: 'danger', error: { message: 'Unknown tool: danger' } })
  const scope = await old.post(call('write'))
  t.is(scope.status, 403)
  t.regex(scope.headers.get('www-authenticate') ?? '', /scope="mcp ruled:write"/)
  await old.post(rpc('tools/list', {}, 'l'))
  const { result } = (await old.next()) ?? {}
  const names = (result?.['tools'] as { name: string }[] | undefined)?.map(({ name }) => name)
  t.deepEqual(names, ['read', 'note_add', 'note_drop'])
  await old.post(call('read'))
  t.like(await old.next(), { id: 'read' })
  await old.leave()
  const store = await bridge.valkey.connect()
  const find = () => lastAudit(store, 10, ({ user }) => user === caller.user)
  await until(async () => (await find()).length === 3, WAIT_MS)
  t.deepEqual(
    (await find()).map(({ record: { target, outcome } }) => [target, outcome]),
    [
      ['danger', 'denied'],
      ['write', 'denied'],
      ['read', 'ok'],
    ],
  )
})

test('who does not want it does not have it', async (t) => {
  const caller = somebody()
  const stream = await send(bridge, 'new', undefined, { caller, accept: 'text/event-stream' })
  t.is(stream.status, 400)
  const { id } = await open(bridge, 'old', { caller })
  const listening = await send(bridge, 'old', undefined, { caller, session: id })
  t.is(listening.status, 200)
  await listening.body?.cancel()
})
