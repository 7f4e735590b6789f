import test from 'ava'
import { parseExactly } from '../../../../mcp-bridge/exact-json.ts'
import { paramsOf, RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import {
  DECLARED_CHARACTERS_MAX,
  INPUT_ROUNDS_MAX,
  REQUEST_STATE_CHARACTERS_MAX,
} from '../../../../mcp-bridge/limits.ts'
import type { Call } from '../../../../mcp-bridge/runner/process-user.ts'
import { until } from '../../../support/live-session.ts'
import { bareParams, translatedSession } from '../../../support/translated-session.ts'

const form = { method: 'elicitation/create', params: { mode: 'form', message: 'who?' } }
const sample = { method: 'sampling/createMessage', params: { maxTokens: 1 } }
const needs = (inputRequests?: object, requestState?: string): object => ({
  resultType: 'input_required',
  ...(inputRequests && { inputRequests }),
  ...(requestState !== undefined && { requestState }),
})
const tool = { name: 'work', arguments: { a: 1 }, _meta: { progressToken: 'p', 'x.example/y': 1 } }
const accept = { action: 'accept', content: { name: 'ann' } }
const textOf = (answer: unknown): string => JSON.stringify(answer)

test('asks the client what the server needs, and calls again with its answers and the state as it was', async (t) => {
  const session = await translatedSession()
  const { call, answers } = session.call('tools/call', tool, 'mine')
  session.take().answer(needs({ who: form, word: sample }, ' opaque\u2028 '))
  t.deepEqual(
    session.heard.map(({ message, call: about }) => [message.method, about === call]),
    [
      ['elicitation/create', true],
      ['sampling/createMessage', true],
    ],
  )
  const ids = session.heard.map(({ message }) => message.id)
  t.is(new Set(ids).size, 2)
  session.reply({ result: accept })
  t.is(session.sent.length, 0, 'one answer is missing')
  session.over.pass({ jsonrpc: '2.0', id: ids[1] ?? null, result: { model: 'm' } })
  const next = session.take()
  t.deepEqual(bareParams(next.request), {
    ...tool,
    inputResponses: { who: accept, word: { model: 'm' } },
    requestState: ' opaque\u2028 ',
  })
  next.answer({ content: [] })
  t.deepEqual(answers, [{ jsonrpc: '2.0', id: 'mine', result: { content: [] } }])
})

test('a round has nothing of the one before it', async (t) => {
  const session = await translatedSession()
  session.call('tools/call', { ...tool, requestState: 'of the client', inputResponses: {} })
  session.take().answer(needs({ who: form }, 'one'))
  session.reply({ result: accept })
  session.take().answer(needs({ word: sample }))
  session.reply({ result: { model: 'm' } })
  const params = bareParams(session.take().request)
  t.deepEqual(params, { ...tool, inputResponses: { word: { model: 'm' } } })
})

test('names that mean something to a program mean nothing as names of questions', async (t) => {
  const session = await translatedSession()
  session.call('tools/call', tool)
  session.take().answer(needs(JSON.parse(`{"__proto__":${JSON.stringify(form)}}`)))
  session.reply({ result: accept })
  const { inputResponses } = paramsOf(session.take().request)
  t.is(JSON.stringify(inputResponses), `{"__proto__":${JSON.stringify(accept)}}`)
})

test('a client that cannot answer ends the call, and is not asked the rest any more', async (t) => {
  const session = await translatedSession()
  const { call, answers } = session.call('tools/call', tool)
  session.take().answer(needs({ who: form, word: sample }))
  const [, word] = session.heard
  session.reply({ error: { code: -1, message: 'nobody is here' } })
  t.deepEqual(
    session.heard.map(({ message, call: about }) => [message.method, message.params, about]),
    [
      [
        'notifications/cancelled',
        { requestId: word?.message.id, reason: 'needs input: nobody is here' },
        call,
      ],
    ],
  )
  const text = 'the service svc: needs input: nobody is here'
  t.deepEqual(answers[0]?.result, { content: [{ type: 'text', text }], isError: true })
  t.is(session.sent.length, 0)
  session.over.pass({ jsonrpc: '2.0', id: word?.message.id ?? null, result: {} })
  t.is(answers.length + session.sent.length, 1, 'its late answer is dropped')
})

test('what is no tool fails with an error', async (t) => {
  const session = await translatedSession()
  const { answers } = session.call('prompts/get', { name: 'p' })
  session.take().answer(needs({ who: form }))
  session.reply({ error: { code: -32601, message: 'no' } })
  t.like(answers[0]?.error, { code: -32603, message: 'the service svc: needs input: no' })
})

for (const [title, result, words] of [
  ['nothing', needs(), /which/],
  ['no object', needs([form]), /which/],
  ['a foreign request', needs({ a: { method: 'tools/call', params: {} } }), /does not have/],
  ['a request without a method', needs({ a: {} }), /does not have/],
  [
    'too much at once',
    needs(Object.fromEntries(Array.from({ length: 33 }, (_, n) => [n, form]))),
    /32/,
  ],
  ['too large a state', needs({}, 'x'.repeat(REQUEST_STATE_CHARACTERS_MAX + 1)), /characters/],
  ['another kind of answer', { resultType: 'task' }, /does not know/],
] as const) {
  test(`a server that answers with ${title} has failed, and nobody is asked`, async (t) => {
    const session = await translatedSession()
    const { answers } = session.call('tools/call', tool)
    session.take().answer(result)
    t.regex(textOf(answers), words)
    t.deepEqual(session.heard, [])
  })
}

test('only what may need input may ask for it', async (t) => {
  const session = await translatedSession()
  const { answers } = session.call('tools/list')
  session.take().answer(needs({ who: form }))
  t.like(answers[0]?.error, { code: -32603 })
})

test('a server that asks for nothing but another round gets so many', async (t) => {
  const session = await translatedSession()
  const { answers } = session.call('tools/call', tool)
  for (let round = 1; round <= INPUT_ROUNDS_MAX; round += 1) {
    await until(() => session.sent.length > 0)
    const { request, answer } = session.take()
    t.is(paramsOf(request)['requestState'], round === 1 ? undefined : `${round - 1}`)
    answer(needs(undefined, `${round}`))
  }
  t.regex(textOf(answers), /after 32 rounds/)
  t.is(session.sent.length, 0)
})

test('what the calls of a session keep for later rounds is bounded, and given back', async (t) => {
  const session = await translatedSession()
  const large = { ...tool, arguments: { text: 'x'.repeat(10 * 1024 * 1024) } }
  const calls = Array.from({ length: 6 }, (_, n) => session.call('tools/call', large, n))
  const error = t.throws(() => session.call('tools/call', large, 7), { instanceOf: RpcFault })
  t.is(error.status, 429)
  t.notThrows(() => session.call('tools/list', {}, 8))
  session.take().answer({ content: [] })
  t.is(calls[0]?.answers.length, 1)
  t.notThrows(() => session.call('tools/call', large, 9))
})

test('a call is cancelled where it is: in the server, with the client, or in between', async (t) => {
  const session = await translatedSession({ waits: { nextRoundMs: 5 } })
  const cancel = { jsonrpc: '2.0' as const, method: 'notifications/cancelled', params: {} }
  const first = session.call('tools/call', tool)
  const { call } = session.take()
  session.over.cancel(first.call, cancel)
  t.deepEqual(session.cancelled, [{ call, notification: cancel }])
  const second = session.call('tools/call', tool)
  session.take().answer(needs({ who: form }))
  session.over.cancel(second.call, cancel)
  t.deepEqual(
    session.heard.map(({ message }) => message.method),
    ['elicitation/create', 'notifications/cancelled'],
  )
  const third = session.call('tools/call', tool)
  session.take().answer(needs(undefined, 'state'))
  session.over.cancel(third.call, cancel)
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.is(session.sent.length + session.cancelled.length, 1)
  t.deepEqual([...first.answers, ...second.answers, ...third.answers], [])
})

test('what waits between two rounds ends with the server, or with the session', async (t) => {
  for (const [how, words] of [
    ['processEnded', 'ended before it answered'],
    ['end', 'the session has ended'],
  ] as const) {
    const session = await translatedSession({ waits: { nextRoundMs: 60_000 } })
    const asked = session.call('tools/call', tool)
    session.take().answer(needs({ who: form }))
    const paused = session.call('tools/call', tool)
    session.take().answer(needs(undefined, 'state'))
    session.over[how]()
    for (const { answers } of [asked, paused]) {
      t.like(answers, [{ error: { code: -32603, message: `the service svc: ${words}` } }])
    }
    t.is(session.flow.ended, how === 'end' ? 0 : 1)
  }
})

test('a server that takes no further round ends the call with its reason', async (t) => {
  const session = await translatedSession()
  const { answers } = session.call('tools/call', tool)
  session.take().answer(needs({ who: form }))
  session.deafen(new RpcFault(503, 'refused', 'it does not read'))
  session.reply({ result: accept })
  t.like(answers, [{ id: 1, error: { message: 'it does not read' } }])
  t.throws(() => session.call('tools/call', tool), { message: 'it does not read' })
})

test('answers at once what the server has no method for', async (t) => {
  const session = await translatedSession()
  const codeOf = (method: string, params: object = {}): unknown => {
    const [answer] = session.call(method, params).answers
    return (answer?.error as { code: number } | undefined)?.code ?? answer?.result
  }
  t.deepEqual(codeOf('ping'), {})
  t.deepEqual(codeOf('logging/setLevel', { level: 'warning' }), {})
  t.is(codeOf('logging/setLevel', { level: 'loud' }), -32602)
  t.is(codeOf('resources/subscribe', { uri: 7 }), -32602)
  t.is(codeOf('subscriptions/listen', { notifications: {} }), -32601)
  t.throws(() => session.call('initialize'), { message: /has begun/ })
  t.is(session.sent.length, 0)
  session.call('tools/list')
  const meta = paramsOf(session.take().request)['_meta'] as Record<string, unknown>
  t.is(meta['io.modelcontextprotocol/logLevel'], 'warning')
})

test('a server without log messages and subscriptions says so', async (t) => {
  const session = await translatedSession({ offers: {} })
  for (const [method, params] of [
    ['logging/setLevel', { level: 'info' }],
    ['resources/subscribe', { uri: 'a:b' }],
    ['resources/unsubscribe', { uri: 'a:b' }],
  ] as const) {
    t.like(session.call(method, params).answers, [{ error: { code: -32601 } }])
  }
})

test('says to the server who the client is and what it can do, whatever the client claims', async (t) => {
  const capabilities = {
    roots: { listChanged: true },
    tasks: { list: {} },
    elicitation: { form: {}, url: {} },
    extensions: { 'x.example/y': {}, 'io.modelcontextprotocol/tasks': {} },
    experimental: { z: {} },
  }
  for (const [version, elicitation] of [
    ['2025-11-25', { form: {}, url: {} }],
    ['2025-06-18', { form: {} }],
  ] as const) {
    const session = await translatedSession({ version, capabilities })
    const claimed = { 'io.modelcontextprotocol/clientCapabilities': { sampling: {} } }
    session.call('tools/call', { ...tool, _meta: { ...tool._meta, ...claimed } })
    t.deepEqual(paramsOf(session.take().request)['_meta'], {
      ...tool._meta,
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'client', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {
        roots: {},
        elicitation,
        extensions: { 'x.example/y': {} },
        experimental: { z: {} },
      },
    })
  }
})

for (const [definition, declared, roots] of [
  [{ roots: 'deny' }, { roots: {} }, undefined],
  [{ roots: 'fixed', rootFolders: ['/srv'] }, {}, {}],
  [{ roots: 'client' }, {}, undefined],
  [{ roots: 'client' }, { roots: {} }, {}],
] as const) {
  const title = `${definition.roots}, of a client with ${JSON.stringify(declared)}`
  test(`tells of roots what the service allows: ${title}`, async (t) => {
    const session = await translatedSession({
      definition: {
        ...definition,
        rootFolders: [...('rootFolders' in definition ? definition.rootFolders : [])],
      },
      capabilities: declared,
    })
    session.call('tools/call', tool)
    const { request } = session.take()
    const meta = paramsOf(request)['_meta'] as Record<string, { roots?: unknown }>
    t.deepEqual(meta['io.modelcontextprotocol/clientCapabilities']?.roots, roots)
  })
}

test('folders that the operator has set are told without asking the client, those it denies are not', async (t) => {
  const inputs = needs({ at: { method: 'roots/list' } })
  const fixed = await translatedSession({ definition: { roots: 'fixed', rootFolders: ['/srv'] } })
  fixed.call('tools/call', tool)
  fixed.take().answer(inputs)
  t.deepEqual(paramsOf(fixed.take().request)['inputResponses'], {
    at: { roots: [{ uri: 'file:///srv', name: 'srv' }] },
  })
  const denied = await translatedSession({ definition: { roots: 'deny' } })
  const { answers } = denied.call('tools/call', tool)
  denied.take().answer(inputs)
  t.regex(textOf(answers), /does not pass roots/)
  t.deepEqual([...fixed.heard, ...denied.heard], [])
})

for (const [title, elicitation, params, words] of [
  ['an address', { form: {} }, { mode: 'url', url: 'https://a.example' }, /address/],
  ['an address (it names no mode)', {}, { mode: 'url', url: 'https://a.example' }, /address/],
  ['a form', { url: {} }, { mode: 'form' }, /form/],
] as const) {
  test(`a client is not asked for ${title} that it has not declared`, async (t) => {
    const session = await translatedSession({ capabilities: { elicitation } })
    const { answers } = session.call('tools/call', tool)
    session.take().answer(needs({ who: { method: 'elicitation/create', params } }))
    t.regex(textOf(answers), words)
    t.deepEqual(session.heard, [])
  })
}

test('a form has no mode for clients that know one only', async (t) => {
  const session = await translatedSession({
    version: '2025-06-18',
    capabilities: { elicitation: {} },
  })
  session.call('tools/call', tool)
  session.take().answer(needs({ who: form }))
  t.deepEqual(session.heard[0]?.message.params, { message: 'who?' })
})

test('passes on what the server tells of a call, and nothing that it asks', async (t) => {
  const session = await translatedSession()
  const { call } = session.call('tools/call', tool)
  const { call: round } = session.take()
  const progress = {
    jsonrpc: '2.0' as const,
    method: 'notifications/progress',
    params: { progress: 1 },
  }
  session.over.deliver(progress, round)
  session.over.deliver({ jsonrpc: '2.0', id: 1, method: 'roots/list' }, undefined)
  t.deepEqual(session.heard, [{ message: progress, call }])
})

test('answers initialize from what the server says of itself', async (t) => {
  const { begun } = await translatedSession({
    version: '2025-03-26',
    offers: { tools: {}, extensions: { 'io.modelcontextprotocol/tasks': {}, 'x.example/y': {} } },
  })
  t.deepEqual(begun, {
    jsonrpc: '2.0',
    id: 0,
    result: {
      protocolVersion: '2025-03-26',
      capabilities: { tools: {}, extensions: { 'x.example/y': {} } },
      serverInfo: { name: 'svc', version: 'unknown' },
      instructions: 'be brief',
    },
  })
})

test('a session does not begin when the server refuses, is none, or says nothing', async (t) => {
  const session = await translatedSession({ waits: { initializeMs: 20 } })
  const params = { protocolVersion: 'newest', capabilities: {} }
  const refused = session.initialize(params)
  session.take().refuse({ code: -32022, message: 'no', data: { supported: ['2027-01-01'] } })
  t.like(await refused, { id: 0, error: { code: -32603, data: { supported: ['2027-01-01'] } } })
  const none = session.initialize(params)
  session.take().answer({ supportedVersions: ['2025-11-25'] })
  t.like(await none, { error: { message: 'the service svc: does not speak 2026-07-28' } })
  t.regex(textOf(await session.initialize(params)), /svc: did not answer server\/discover/)
  t.is(session.cancelled.length, 1)
  const begun = session.initialize(params)
  session.sent.at(-1)?.answer({ supportedVersions: ['2026-07-28'], capabilities: {} })
  t.like(await begun, { result: { protocolVersion: '2025-11-25' } })
})

test('what is told for a client with each request is bounded', async (t) => {
  const session = await translatedSession()
  const capabilities = { experimental: { x: 'x'.repeat(DECLARED_CHARACTERS_MAX) } }
  const begun = session.initialize({ protocolVersion: '2025-11-25', capabilities })
  t.is((await t.throwsAsync(begun, { instanceOf: RpcFault }))?.status, 400)
  t.is(session.sent.length, 0)
})

test('progress of a round comes on top of what was told before', async (t) => {
  const session = await translatedSession()
  session.call('tools/call', tool)
  const tell = (call: Call, params: object): unknown => {
    session.over.deliver({ jsonrpc: '2.0', method: 'notifications/progress', params }, call)
    return session.heard.splice(0)[0]?.message.params
  }
  const first = session.take()
  t.deepEqual(tell(first.call, { progress: 1, total: 2 }), { progress: 1, total: 2 })
  t.deepEqual(tell(first.call, { progress: 'odd' }), { progress: 'odd' })
  first.answer(needs({ who: form }))
  session.reply({ result: accept })
  const { call } = session.take()
  t.deepEqual(tell(call, { progress: 0.5, message: 'm' }), { progress: 1.5, message: 'm' })
  t.deepEqual(tell(call, { progress: 1, total: 1 }), { progress: 2, total: 2 })
  // As Python writes them.
  const floats = parseExactly('{"progress":2.0,"total":4.0}') as object
  t.deepEqual(tell(call, floats), { progress: 3, total: 5 })
})

test('a tool whose answer cannot be told in the older revision has failed, in words', async (t) => {
  const session = await translatedSession()
  const { answers } = session.call('tools/call', { name: 'x' })
  const structuredContent: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`)
  session.take().answer({ content: [], structuredContent })
  const text = 'the service svc: the answer is nested too deeply'
  t.deepEqual(
    answers.map(({ result }) => result),
    [{ content: [{ type: 'text', text }], isError: true }],
  )
})
