/** The echo service with official clients of both generations, at the same time. */

import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Client as FirstClient } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as FirstTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import test, { type ExecutionContext } from 'ava'
import { STATELESS_SUPPORTED } from '../../../mcp-bridge/era.ts'
import { type Caller, startBridge } from '../../support/bridge.ts'
import { events, json, open, type RpcBody, rpc, send } from '../../support/mcp.ts'
import type { FetchLike } from '../../support/socket-fetch.ts'
import { ask, callTool } from '../../support/stateless.ts'

const bridge = await startBridge()
test.after.always(() => bridge.stop())

const ENDPOINT = new URL('http://gateway/echo/mcp')
const OF_SESSIONS = ['replayLastEcho', 'sessionInfo']

async function connect(t: ExecutionContext, caller: Caller = {}, fetch = bridge.fetch(caller)) {
  const client = new Client(
    { name: 'second', version: '1' },
    { versionNegotiation: { mode: 'auto' } },
  )
  const transport = new StreamableHTTPClientTransport(ENDPOINT, { fetch })
  await client.connect(transport)
  t.teardown(() => client.close())
  return { client, transport }
}

async function connectFirst(t: ExecutionContext, caller: Caller = {}) {
  const client = new FirstClient({ name: 'first', version: '1' })
  const transport = new FirstTransport(ENDPOINT, { fetch: bridge.fetch(caller) })
  await client.connect(transport as unknown as Parameters<FirstClient['connect']>[0])
  t.teardown(() => client.close())
  return client
}

const textIn = (result: object): unknown =>
  (result as { content?: { text?: string }[] }).content?.[0]?.text

test('the client of today finds this revision, lists the tools and calls them', async (t) => {
  const answers: Response[] = []
  const watching: FetchLike = async (url, init) => {
    const answer = await bridge.fetch()(url, init)
    answers.push(answer)
    return answer
  }
  const { client, transport } = await connect(t, {}, watching)
  t.is(client.getNegotiatedProtocolVersion(), '2026-07-28')
  const names = (await client.listTools()).tools.map(({ name }) => name)
  for (const name of ['echo', 'whoami', 'printHeader', 'wait']) t.true(names.includes(name), name)
  const called = await client.callTool({ name: 'echo', arguments: { message: 'hü' } })
  t.is(textIn(called), 'hü')
  t.is(transport.sessionId, undefined)
  t.true(answers.length >= 3)
  t.true(answers.every(({ headers }) => !headers.has('mcp-session-id')))
})

test('server/discover names every revision of this URL', async (t) => {
  for (const accept of ['application/json', 'text/event-stream']) {
    const { result } = await json(ask(bridge, 'echo', 'server/discover', {}, { accept }))
    t.deepEqual(result?.['supportedVersions'], STATELESS_SUPPORTED)
    t.is(result?.['resultType'], 'complete')
  }
})

test('both eras have the same tools, but for those of a session', async (t) => {
  const { client } = await connect(t)
  const first = await connectFirst(t)
  const [newer, all] = await Promise.all([client.listTools(), first.listTools()])
  const plain = (tools: readonly { name: string; description?: string | undefined }[]) =>
    tools.map(({ name, description }) => [name, description])
  const older = { tools: all.tools.filter(({ name }) => !OF_SESSIONS.includes(name)) }
  t.is(all.tools.length - older.tools.length, OF_SESSIONS.length)
  t.deepEqual(plain(newer.tools), plain(older.tools))
  const required = (tools: readonly { inputSchema: object }[]) =>
    tools.map(({ inputSchema }) =>
      Object.keys((inputSchema as { properties?: object }).properties ?? {}),
    )
  t.deepEqual(required(newer.tools), required(older.tools))
})

test('progress streams while the tool waits', async (t) => {
  const { client } = await connect(t)
  const seen: unknown[] = []
  const result = await client.callTool(
    { name: 'wait', arguments: { seconds: 0.3, steps: 3 } },
    { onprogress: ({ progress, total, message }) => void seen.push([progress, total, message]) },
  )
  t.is(textIn(result), 'waited 0.3 s in 3 steps')
  t.deepEqual(seen, [
    [1, 3, 'step 1'],
    [2, 3, 'step 2'],
    [3, 3, 'step 3'],
  ])
})

test('what is streamed arrives before the answer is there', async (t) => {
  const args = { seconds: 40, steps: 200 }
  const leaving = new AbortController()
  const options = { progressToken: 'p', signal: leaving.signal }
  const answer = await callTool(bridge, 'echo', 'wait', args, options)
  t.is(answer.headers.get('content-type'), 'text/event-stream')
  t.is(answer.headers.get('x-accel-buffering'), 'no')
  const { value } = await events(answer).next()
  t.is((value as RpcBody).params?.['progressToken'], 'p')
  leaving.abort()
})

test('an abandoned call is cancelled, and the next one is answered', async (t) => {
  const { client } = await connect(t)
  const leaving = new AbortController()
  const { promise: runs, resolve } = Promise.withResolvers<void>()
  const waiting = client.callTool(
    { name: 'wait', arguments: { seconds: 60, steps: 600 } },
    { signal: leaving.signal, onprogress: () => resolve() },
  )
  await runs
  leaving.abort('enough')
  await t.throwsAsync(waiting)
  t.is(textIn(await client.callTool({ name: 'echo', arguments: { message: 'on' } })), 'on')
})

for (const [title, accept, type] of [
  ['JSON only', 'application/json', 'application/json'],
  ['streams only', 'text/event-stream', 'text/event-stream'],
  ['anything', '*/*', 'text/event-stream'],
] as const) {
  test(`a client that accepts ${title} gets ${type} from a call with progress`, async (t) => {
    const args = { seconds: 0.1, steps: 2 }
    const options = { accept, progressToken: 1 }
    const answer = await callTool(bridge, 'echo', 'wait', args, options)
    t.is(answer.headers.get('content-type'), type)
    t.is(textIn((await json(answer)).result ?? {}), 'waited 0.1 s in 2 steps')
  })
}

test('many people at once, in both eras: each is who they are', async (t) => {
  const people = Array.from({ length: 8 }, (_, index) => ({
    user: `dev:person-${index}`,
    name: `Person ${index}`,
    client: `client-${index}`,
  }))
  const asks = await Promise.all(
    people.map(async (caller, index) => {
      if (index % 2 === 0) {
        const { client } = await connect(t, caller)
        return () => client.callTool({ name: 'whoami', arguments: {} })
      }
      const client = await connectFirst(t, caller)
      return () => client.callTool({ name: 'whoami', arguments: {} })
    }),
  )
  const rounds = await Promise.all(
    Array.from({ length: 5 }, () => Promise.all(asks.map((one) => one()))),
  )
  for (const round of rounds) {
    for (const [index, { structuredContent }] of round.entries()) {
      t.like(structuredContent, {
        userId: `dev:person-${index}`,
        userName: `Person ${index}`,
        headers: { 'x-auth-client': `client-${index}` },
      })
    }
  }
})

test('whoami shows the identity headers and nothing that opens anything', async (t) => {
  const caller = { user: 'github:583231', name: 'Ann Ü', client: 'client-7' }
  const headers = { authorization: 'Bearer canary', cookie: 'canary=1', 'x-user-id': 'dev:forged' }
  const { result } = await json(callTool(bridge, 'echo', 'whoami', {}, { caller, headers }))
  t.deepEqual(result?.['structuredContent'], {
    userId: 'github:583231',
    userName: 'Ann Ü',
    headers: {
      'x-user-id': 'github:583231',
      'x-user-name': 'Ann%20%C3%9C',
      'x-auth-client': 'client-7',
      'x-auth-scopes': 'mcp',
      'x-auth-grant': '1-grant',
      'x-auth-token-id': 'token',
      'x-auth-expires': '4000000000',
    },
  })
})

test('headers show as they arrived, in both eras: nothing that opens anything', async (t) => {
  const { client } = await connect(t, { user: 'dev:ann' })
  const first = await connectFirst(t, { user: 'dev:ann' })
  for (const one of [client, first]) {
    const { structuredContent } = await one.callTool({ name: 'printHeader', arguments: {} })
    const { headers } = structuredContent as { headers: Record<string, string> }
    t.is(headers['x-user-id'], 'dev:ann')
    t.is(headers['x-gateway-edge'], '[hidden]')
    t.is(headers['authorization'], undefined)
    t.regex(headers['accept'] ?? '', /json/)
  }
})

test('a client that accepts JSON alone is told so, though the SDK was told otherwise', async (t) => {
  const { id } = await open(bridge, 'echo')
  const call = rpc('tools/call', { name: 'printHeader', arguments: {} })
  const accept = 'application/json'
  const { result } = await json(send(bridge, 'echo', call, { session: id, headers: { accept } }))
  t.like(result?.['structuredContent'], { headers: { accept } })
})

test('a session has tools of its own; it tells of its own person’s sessions alone', async (t) => {
  const [one, other] = [
    await connectFirst(t, { user: 'dev:s-ann' }),
    await connectFirst(t, { user: 'dev:s-bob' }),
  ]
  await one.callTool({ name: 'echo', arguments: { message: 'hü' } })
  await other.callTool({ name: 'echo', arguments: { message: 'of bob' } })
  t.is(textIn(await one.callTool({ name: 'replayLastEcho', arguments: {} })), 'hü')
  const info = await one.callTool({ name: 'sessionInfo', arguments: {} })
  t.like(info.structuredContent, { total: 1, sessions: [{ client: 'first', calls: 3 }] })
  const { client } = await connect(t, { user: 'dev:s-ann' })
  await t.throwsAsync(client.callTool({ name: 'sessionInfo', arguments: {} }), {
    message: /not found|Unknown tool/,
  })
})

test('arguments that a tool does not have are refused, in both eras', async (t) => {
  const { client } = await connect(t)
  const first = await connectFirst(t)
  for (const one of [client, first]) {
    for (const [name, args] of [
      ['whoami', { more: 1 }],
      ['echo', { message: 'm', mesage: 'm' }],
      ['echo', { message: 7 }],
      ['environmentDump', { showSecrets: 'yes' }],
    ] as const) {
      const answer = await one
        .callTool({ name, arguments: args })
        .catch((error: Error) => ({ isError: true, content: [{ text: error.message }] }))
      t.true(answer.isError, name)
      t.regex(String(textIn(answer)), /nvalid/)
    }
  }
})

test('a session id beside such a request reaches nobody’s session', async (t) => {
  const ann = { user: 'dev:ann' }
  const { id } = await open(bridge, 'echo', { caller: ann })
  const caller = { user: 'dev:bob' }
  const headers = { 'mcp-session-id': id }
  const answer = await callTool(bridge, 'echo', 'whoami', {}, { caller, headers })
  t.like((await json(answer)).result?.['structuredContent'], { userId: 'dev:bob' })
  t.is(
    (await json(send(bridge, 'echo', rpc('ping'), { session: id, caller: ann }))).error,
    undefined,
  )
})

test('errors have the status and the code of this revision', async (t) => {
  const unknown = await ask(bridge, 'echo', 'no/such')
  t.is(unknown.status, 404)
  t.is((await json(unknown)).error?.code, -32601)
  const misnamed = await callTool(
    bridge,
    'echo',
    'echo',
    { message: 'm' },
    {
      headers: { 'mcp-name': 'whoami' },
    },
  )
  t.is(misnamed.status, 400)
  t.is((await json(misnamed)).error?.code, -32020)
  const versions = {
    envelope: { protocolVersion: '2099-01-01' },
    without: ['mcp-protocol-version'],
  }
  const late = await json(ask(bridge, 'echo', 'tools/list', {}, versions))
  t.is(late.error?.code, -32022)
  t.deepEqual(late.error?.data?.['supported'], STATELESS_SUPPORTED)
  const bare = await send(bridge, 'echo', rpc('server/discover'))
  t.is(bare.status, 400)
})

test('subscriptions/listen opens a stream that says so, and stays', async (t) => {
  const leaving = new AbortController()
  const params = { notifications: { toolsListChanged: true } }
  const answer = await ask(bridge, 'echo', 'subscriptions/listen', params, {
    id: 'l',
    signal: leaving.signal,
  })
  t.is(answer.status, 200)
  const stream = events(answer)
  const { value } = await stream.next()
  t.is((value as RpcBody).method, 'notifications/subscriptions/acknowledged')
  const next = stream.next().then(
    () => 'over',
    () => 'left',
  )
  t.is(
    await Promise.race([
      next,
      json(callTool(bridge, 'echo', 'echo', { message: 'm' })).then(() => 'other'),
    ]),
    'other',
  )
  leaving.abort()
  t.is(await next, 'left')
})
