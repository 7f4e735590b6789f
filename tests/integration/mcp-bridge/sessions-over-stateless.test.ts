import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import {
  type Progress,
  ResourceUpdatedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js'
import test from 'ava'
import { connectAsked, FOLDERS, WORD } from '../../support/asked-client.ts'
import { fixture, PATIENT_LEASE_MS, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/live-session.ts'
import { events, initializeBody, json, note, open, rpc, send } from '../../support/mcp.ts'
import { callText } from '../../support/sdk-client.ts'

/** Knows no revision at all. */
const REFUSES = `require('node:readline').createInterface(process.stdin).on('line', (line) => {
  const { id } = JSON.parse(line)
  const error = { code: -32000, message: 'not today' }
  if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, error }))
})`
const folder = mkdtempSync(join(tmpdir(), 'stateless-'))
const diary = join(folder, 'diary')
/** Which program `changing` starts. */
const program = join(folder, 'program')
const STARTS = `import(require('node:fs').readFileSync(${JSON.stringify(program)}, 'utf8'))`
const { command, args } = fixture('stateless-only.ts') as { command: string; args: string[] }
const server = (more: object = {}): object => ({ command, args: [...args, diary], ...more })
const bridge = await startBridge({
  environment: { MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS },
  services: {
    new: server(),
    mine: server({ isolation: 'user' }),
    ours: server({ isolation: 'shared' }),
    deny: server({ roots: 'deny' }),
    fixed: server({ roots: 'fixed', rootFolders: ['/srv/files'] }),
    mortal: server(),
    changing: { command, args: ['-e', STARTS] },
    neither: { command, args: ['-e', REFUSES] },
  },
})
test.after.always(() => bridge.stop())

const said = async (client: Client, name: string, values: Record<string, unknown> = {}) =>
  JSON.parse(await callText(client, name, values)) as Record<string, unknown>

for (const service of ['new', 'mine', 'ours']) {
  test(`${service}: a client of 2025-11-25 begins a session and uses what there is`, async (t) => {
    const { client } = await connectAsked(bridge, service)
    t.deepEqual(client.getServerVersion(), { name: 'stateless-only', version: '1.2.3' })
    t.is(client.getInstructions(), 'be brief')
    t.like(client.getServerCapabilities(), { tools: { listChanged: true }, logging: {} })
    const { tools, ...rest } = await client.listTools()
    t.true(tools.some(({ name }) => name === 'interview'))
    t.deepEqual(rest, {})
    t.deepEqual(await client.ping(), {})
    t.deepEqual(await said(client, 'count', { to: 1, ms: 1 }), { counted: 1 })
    t.deepEqual((await client.readResource({ uri: 'note://one' })).contents, [
      { uri: 'note://one', text: 'a note' },
    ])
    await client.close()
  })
}

for (const version of ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']) {
  test(`a client of ${version} is answered in its revision`, async (t) => {
    const { id, answer } = await open(bridge, 'new', { version })
    t.deepEqual(Object.keys(answer.result ?? {}).sort(), [
      'capabilities',
      'instructions',
      'protocolVersion',
      'serverInfo',
    ])
    t.is(answer.result?.['protocolVersion'], version)
    const listed = await json(send(bridge, 'new', rpc('tools/list'), { session: id }))
    t.deepEqual(Object.keys(listed.result ?? {}), ['tools'])
  })
}

test('asks for a name, then for a word and the folders at once, each round with the state of the one before', async (t) => {
  const { client, asked } = await connectAsked(bridge, 'new')
  t.deepEqual(await said(client, 'interview'), {
    state: 'asked ann',
    answers: {
      word: { model: 'm', role: 'assistant', content: WORD },
      folders: { roots: FOLDERS },
    },
  })
  t.deepEqual(
    asked.map(({ method }) => method),
    ['elicitation/create', 'sampling/createMessage', 'roots/list'],
  )
  t.like(asked[0]?.params, { message: 'Who are you?', requestedSchema: { required: ['name'] } })
  await client.close()
})

test('asks for what a prompt needs', async (t) => {
  const { client } = await connectAsked(bridge, 'new')
  const { messages } = await client.getPrompt({ name: 'ask' })
  t.deepEqual(messages, [{ role: 'user', content: { type: 'text', text: 'for ann' } }])
  await client.close()
})

test('what a person has declined is told to the server', async (t) => {
  const { client } = await connectAsked(bridge, 'new', { elicit: () => ({ action: 'decline' }) })
  t.deepEqual(await said(client, 'confirm'), { answers: { who: { action: 'decline' } } })
  await client.close()
})

test('sends a person to an address, with an id that 2025-11-25 wants', async (t) => {
  const { client, asked } = await connectAsked(bridge, 'new', {
    elicit: () => ({ action: 'accept' }),
  })
  t.deepEqual(await said(client, 'visit'), { answers: { at: { action: 'accept' } } })
  const [{ params } = { params: {} }] = asked
  t.like(params, { mode: 'url', url: 'https://example.com/consent', message: 'go' })
  t.regex((params as { elicitationId: string }).elicitationId, /^[\da-f-]{36}$/)
  await client.close()
})

test('a client that has not declared what is asked for is told what the server needs', async (t) => {
  const { client } = await connectAsked(bridge, 'new', { capabilities: { sampling: {} } })
  const error = await t.throwsAsync(client.callTool({ name: 'interview', arguments: {} }))
  t.like(error, { code: -32600, data: { requiredCapabilities: { elicitation: { form: {} } } } })
  await client.close()
})

test('a server that asks for nothing but to be asked again is asked again', async (t) => {
  const { client } = await connectAsked(bridge, 'new')
  t.deepEqual(await said(client, 'later', { rounds: 3 }), { done: 3 })
  await client.close()
})

test('tells progress over the rounds, and logs from the level that was set on', async (t) => {
  const { client, told } = await connectAsked(bridge, 'new')
  const heard: Progress[] = []
  const options = { onprogress: (progress: Progress) => void heard.push(progress) }
  await client.callTool({ name: 'confirm', arguments: {} }, undefined, options)
  t.deepEqual(
    heard.map(({ progress, total }) => [progress, total]),
    [
      [1, 2],
      [2, 2],
      [3, 4],
      [4, 4],
    ],
  )
  const logged = (): number => told.filter((method) => method === 'notifications/message').length
  t.is(logged(), 0)
  await client.setLoggingLevel('info')
  await said(client, 'count', { to: 2, ms: 1 })
  await until(() => logged() === 2)
  t.is(logged(), 2)
  await client.setLoggingLevel('error')
  await said(client, 'count', { to: 2, ms: 1 })
  t.is(logged(), 2)
  await client.close()
})

for (const service of ['new', 'mine', 'ours']) {
  test(`${service}: tells of lists and of the resources that were subscribed to, of no others`, async (t) => {
    const { client, told } = await connectAsked(bridge, service)
    const updated: string[] = []
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
      updated.push(params.uri)
    })
    t.deepEqual(await client.subscribeResource({ uri: 'note://one' }), {})
    await said(client, 'touch', { uri: 'note://two' })
    await said(client, 'touch', { uri: 'note://one' })
    await until(() => updated.length > 0)
    t.deepEqual(updated, ['note://one'])
    await client.subscribeResource({ uri: 'note://two' })
    t.deepEqual(await client.unsubscribeResource({ uri: 'note://one' }), {})
    await said(client, 'touch', { uri: 'note://two' })
    await until(() => updated.length > 1)
    t.deepEqual(updated, ['note://one', 'note://two'])
    await said(client, 'grow')
    await until(() => told.length > 0)
    t.true(told.every((method) => method === 'notifications/tools/list_changed'))
    await client.close()
  })
}

test('the server knows its client from each request', async (t) => {
  const { client } = await connectAsked(bridge, 'new')
  const saw = (await said(client, 'saw')) as { envelope: Record<string, unknown> }
  t.like(saw.envelope, {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'asked', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {
      roots: {},
      sampling: {},
      elicitation: { form: {}, url: {} },
    },
  })
  await client.close()
})

test('a resource that is not there has the code of the older revisions', async (t) => {
  const { id } = await open(bridge, 'new')
  const read = rpc('resources/read', { uri: 'note://none' })
  const { error } = await json(send(bridge, 'new', read, { session: id }))
  t.is(error?.code, -32002)
})

test('folders that the service must not tell are not told', async (t) => {
  const { client, asked } = await connectAsked(bridge, 'deny')
  const error = await t.throwsAsync(client.callTool({ name: 'interview', arguments: {} }))
  t.like(error, { code: -32600, data: { requiredCapabilities: { roots: {} } } })
  t.false(asked.some(({ method }) => method === 'roots/list'))
  await client.close()
})

test('folders of the service are told without asking the client', async (t) => {
  const { client, asked } = await connectAsked(bridge, 'fixed')
  const { answers } = (await said(client, 'interview')) as { answers: { folders: unknown } }
  t.deepEqual(answers.folders, { roots: [{ uri: 'file:///srv/files', name: 'files' }] })
  t.false(asked.some(({ method }) => method === 'roots/list'))
  await client.close()
})

test('a call that is cancelled ends in the server; between two rounds its question is of no use any more', async (t) => {
  const { id } = await open(bridge, 'new', { capabilities: { elicitation: {} } })
  const call = async (name: string, values: object) => {
    const _meta = { progressToken: name }
    const body = rpc('tools/call', { name, arguments: values, _meta }, name)
    return events(await send(bridge, 'new', body, { session: id }))
  }
  const cancel = (requestId: string) =>
    send(bridge, 'new', note('notifications/cancelled', { requestId }), { session: id })
  const counting = await call('count', { to: 1000, ms: 20 })
  t.is((await counting.next()).value?.method, 'notifications/progress')
  await cancel('count')
  const told: (string | undefined)[] = []
  for await (const { method } of counting) told.push(method)
  t.true(told.every((method) => method === 'notifications/progress'))
  await until(() => existsSync(diary))
  t.is(readFileSync(diary, 'utf8'), 'cancelled\n')
  const asking = await call('interview', {})
  const asked = (await asking.next()).value
  t.is(asked?.method, 'elicitation/create')
  await cancel('interview')
  t.true((await asking.next()).done)
  const answer = { jsonrpc: '2.0', id: asked?.id, result: { action: 'accept', content: {} } }
  t.is((await send(bridge, 'new', answer, { session: id })).status, 202)
  t.is((await json(send(bridge, 'new', rpc('ping'), { session: id }))).id, 1)
})

test('a batch of 2025-03-26 is answered whole', async (t) => {
  const { id } = await open(bridge, 'new', { version: '2025-03-26' })
  const batch = [rpc('ping', {}, 1), rpc('tools/list', {}, 2), rpc('no/such', {}, 3)]
  const answer = await send(bridge, 'new', batch, { session: id, accept: 'application/json' })
  const answers = (await answer.json()) as {
    id: number
    result?: object
    error?: { code: number }
  }[]
  t.deepEqual(answers.map((one) => one.id).sort(), [1, 2, 3])
  t.is(answers.find((one) => one.id === 3)?.error?.code, -32601)
})

test('people who share a server are asked each their own, and told each their own', async (t) => {
  const connect = (name: string) =>
    connectAsked(bridge, 'ours', {
      caller: { user: `dev:${name}`, client: name },
      elicit: () => ({ action: 'accept', content: { name } }),
    })
  const people = await Promise.all(['ann', 'bob'].map(connect))
  await people[0]?.client.subscribeResource({ uri: 'note://one' })
  const asked = people.map(({ client }) => said(client, 'interview'))
  t.deepEqual(
    (await Promise.all(asked)).map(({ state }) => state),
    ['asked ann', 'asked bob'],
  )
  t.deepEqual(
    people.map((person) => person.asked.length),
    [3, 3],
  )
  await Promise.all(people.map(({ client }) => said(client, 'touch', { uri: 'note://one' })))
  const [ann, bob] = people.map(({ told }) => told)
  await until(() => ann?.includes('notifications/resources/updated') === true)
  t.true(ann?.includes('notifications/resources/updated'))
  t.false(bob?.includes('notifications/resources/updated'))
  await Promise.all(people.map(({ client }) => client.close()))
})

test('a server that ends while its question waits ends the session and the call', async (t) => {
  const { id } = await open(bridge, 'mortal', { capabilities: { elicitation: {} } })
  const call = (name: string) => rpc('tools/call', { name, arguments: {} }, name)
  const asking = events(await send(bridge, 'mortal', call('interview'), { session: id }))
  t.is((await asking.next()).value?.method, 'elicitation/create')
  const dying = await json(send(bridge, 'mortal', call('die'), { session: id }))
  t.regex(dying.error?.message ?? '', /mortal: ended before it answered/)
  const rest: unknown[] = []
  for await (const message of asking) rest.push(message.method ?? message.id)
  t.deepEqual(rest.at(-1), 'interview')
  t.is((await send(bridge, 'mortal', rpc('ping'), { session: id })).status, 404)
  const again = await open(bridge, 'mortal')
  t.like(await json(send(bridge, 'mortal', rpc('ping'), { session: again.id })), { result: {} })
})

test('a session that ends while a question waits ends the call', async (t) => {
  const { id } = await open(bridge, 'new', { capabilities: { elicitation: {} } })
  const call = rpc('tools/call', { name: 'interview', arguments: {} })
  const asking = events(await send(bridge, 'new', call, { session: id }))
  t.is((await asking.next()).value?.method, 'elicitation/create')
  await send(bridge, 'new', undefined, { session: id, method: 'DELETE' })
  const rest: unknown[] = []
  for await (const message of asking) rest.push(message.id)
  t.is(rest.at(-1), 1)
})

test('a server that knows no revision is heard with its own words', async (t) => {
  const refused = await send(bridge, 'neither', initializeBody())
  t.is(refused.headers.get('mcp-session-id'), null)
  t.like(await json(refused), { id: 0, error: { code: -32000, message: 'not today' } })
})

test('a server that has become one with sessions is used as one', async (t) => {
  writeFileSync(program, args[0] ?? '')
  const before = await open(bridge, 'changing')
  const die = rpc('tools/call', { name: 'die', arguments: {} })
  t.truthy((await json(send(bridge, 'changing', die, { session: before.id }))).error)
  writeFileSync(program, join(import.meta.dirname, '../../fixtures/echoes.ts'))
  for (let times = 0; times < 2; times += 1) {
    const { id, answer } = await open(bridge, 'changing')
    t.like(answer.result, { serverInfo: { name: 'fixture' } })
    const { result } = await json(send(bridge, 'changing', rpc('echo', { a: 1 }), { session: id }))
    t.like(result, { method: 'echo', params: { a: 1 } })
  }
})
