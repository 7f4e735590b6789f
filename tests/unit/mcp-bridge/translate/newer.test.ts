/** What is said otherwise in 2026-07-28 than before: requests, answers, questions, levels. */

import test from 'ava'
import { progressTokenOf, RpcFault, type RpcRequest } from '../../../../mcp-bridge/json-rpc.ts'
import { toDiscovery } from '../../../../mcp-bridge/translate/stateless/discovery.ts'
import { LogWishes, readLevel } from '../../../../mcp-bridge/translate/stateless/log-wishes.ts'
import { toNewerAnswer } from '../../../../mcp-bridge/translate/stateless/newer-answer.ts'
import {
  assertNewer,
  mayBeAsked,
  toOlderRequest,
} from '../../../../mcp-bridge/translate/stateless/older-request.ts'
import {
  answerInPlace,
  paramsToAsk,
  toInputRequest,
  toOlderResult,
} from '../../../../mcp-bridge/translate/stateless/questions.ts'
import { toUrlQuestions } from '../../../../mcp-bridge/translate/stateless/url-elicitation.ts'

const jsonrpc = '2.0' as const
const OWN = 'io.modelcontextprotocol/'
const request = (method: string, params: object = {}): RpcRequest => ({
  jsonrpc,
  id: 1,
  method,
  params,
})
const answered = (method: string, result: object) =>
  toNewerAnswer(method, { jsonrpc, id: 9, result }, 'mine', { name: 's' }).result

test('the envelope is taken out of a request, whatever else it brings remains', (t) => {
  const envelope = {
    [`${OWN}protocolVersion`]: '2026-07-28',
    [`${OWN}clientInfo`]: {},
    [`${OWN}clientCapabilities`]: {},
    [`${OWN}logLevel`]: 'debug',
  }
  const older = toOlderRequest(request('tools/list', { cursor: 'c', _meta: envelope }))
  t.deepEqual(older.params, { cursor: 'c' })
  const own = { progressToken: 7, traceparent: 't', [`${OWN}related-task`]: { taskId: 't' } }
  const called = { name: 'n', inputResponses: {}, requestState: 's', task: {} }
  t.deepEqual(
    toOlderRequest(request('tools/call', { ...called, _meta: { ...envelope, ...own } })).params,
    { name: 'n', _meta: own },
  )
  t.deepEqual(toOlderRequest(request('vendor/x', { task: 1 })).params, { task: 1 })
})

test('only some requests may have questions for an answer', (t) => {
  for (const method of ['tools/call', 'prompts/get', 'resources/read']) {
    t.true(mayBeAsked(method))
  }
  for (const method of ['tools/list', 'completion/complete', 'vendor/x', 'subscriptions/listen']) {
    t.false(mayBeAsked(method))
  }
})

test('what does not exist any more is refused, what nobody knows is the server’s matter', (t) => {
  for (const method of [
    'initialize',
    'ping',
    'logging/setLevel',
    'resources/subscribe',
    'resources/unsubscribe',
    'tasks/get',
    'tasks/result',
    'notifications/initialized',
  ]) {
    const fault = t.throws(() => assertNewer(request(method)), { instanceOf: RpcFault })
    t.deepEqual([fault.status, fault.code], [404, -32601], method)
  }
  for (const method of ['tools/list', 'vendor/ping', 'resources/subscribed']) {
    t.notThrows(() => assertNewer(request(method)))
  }
})

test('a progress token is a text or a number', (t) => {
  const tokenOf = (progressToken: unknown) =>
    progressTokenOf(request('tools/call', { _meta: { progressToken } }))
  t.deepEqual(
    [tokenOf('a'), tokenOf(0), tokenOf({}), tokenOf(null)],
    ['a', 0, undefined, undefined],
  )
  t.is(progressTokenOf(request('tools/call', { _meta: 7 })), undefined)
})

test('a result is complete, names its server, and says how long it holds where it has to', (t) => {
  const _meta = { own: 1, [`${OWN}serverInfo`]: { name: 's' } }
  t.deepEqual(answered('tools/call', { content: [], resultType: 'odd', _meta: { own: 1 } }), {
    content: [],
    resultType: 'complete',
    _meta,
  })
  for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/read']) {
    t.like(answered(method, {}), { ttlMs: 0, cacheScope: 'private' })
  }
  t.deepEqual(toNewerAnswer('x', { jsonrpc, id: 1, result: {} }, 1, undefined).result, {
    resultType: 'complete',
    _meta: {},
  })
})

test('codes that mean something else now are others', (t) => {
  const codeOf = (code: number): unknown => {
    const error = { code, message: 'm', data: 1 }
    const newer = toNewerAnswer('tools/call', { jsonrpc, id: 1, error }, 1, {}).error
    t.like(newer as object, { message: 'm', data: 1 })
    return (newer as { code: number }).code
  }
  t.deepEqual(
    [-32002, -32601, -32000, -32019, -32020, -32022, -32042, -32099, -32100, 7].map(codeOf),
    [-32602, -32601, -32000, -32019, -32603, -32603, -32603, -32603, -32100, 7],
  )
})

test('a server that says little of itself is discovered all the same', (t) => {
  const { result } = toDiscovery({ capabilities: { tools: {}, tasks: {} }, instructions: 7 }, 'id')
  t.deepEqual(result, {
    supportedVersions: ['2026-07-28', '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'],
    capabilities: { tools: {} },
    resultType: 'complete',
    ttlMs: 0,
    cacheScope: 'private',
    _meta: {},
  })
  t.like(toDiscovery({}, 'id').result, { capabilities: {} })
})

const elicit = (mode?: string) => request('elicitation/create', mode === undefined ? {} : { mode })
const sample = (tools?: object) => request('sampling/createMessage', tools ? { tools } : {})
for (const [what, asked, capabilities, code] of [
  ['a form', elicit(), { elicitation: {} }, undefined],
  ['a form by its name', elicit('form'), { elicitation: { form: {} } }, undefined],
  ['a form of a client for addresses', elicit(), { elicitation: { url: {} } }, -32602],
  ['an address', elicit('url'), { elicitation: { url: {} } }, undefined],
  ['an address of a client for forms', elicit('url'), { elicitation: {} }, -32602],
  ['a model', sample(), { sampling: {} }, undefined],
  ['a model with tools', sample([]), { sampling: { tools: {} } }, undefined],
  ['a model with tools of a client without', sample([]), { sampling: {} }, -32602],
  ['what no client is asked', request('tools/call'), {}, -32601],
] as const) {
  test(`asked for ${what}: ${code ?? 'it is put to the client'}`, (t) => {
    const error = answerInPlace(asked, capabilities)?.error as { code: number } | undefined
    t.is(error?.code, code)
  })
}

test('a question is put without what is the server’s own, or was dropped', (t) => {
  const params = { message: 'm', _meta: {}, task: {}, elicitationId: 'e', mode: 'url' }
  t.deepEqual(paramsToAsk(request('elicitation/create', params)), { message: 'm', mode: 'url' })
  const question = { id: 1, method: 'roots/list', params: {}, bytes: 0 }
  t.deepEqual(toInputRequest(question), { method: 'roots/list', params: {} })
})

test('an answer of several blocks is one for a server that knows one', (t) => {
  const question = { id: 1, method: 'sampling/createMessage', params: {}, bytes: 0 }
  const given = (content: unknown) => ({ role: 'assistant', content, resultType: 'complete' })
  const contentFor = (revision: string, content: unknown) =>
    toOlderResult(question, given(content), revision)
  const block = { type: 'text', text: 't' }
  t.deepEqual(contentFor('2025-06-18', [block]), { role: 'assistant', content: block })
  t.deepEqual(contentFor('2025-11-25', [block]), { role: 'assistant', content: [block] })
  t.deepEqual(contentFor('2025-06-18', [block, block]).content, [block, block])
  t.deepEqual(contentFor('2024-11-05', block).content, block)
})

const URL_NEEDED = {
  code: -32042,
  message: 'm',
  data: { elicitations: [{ mode: 'url', elicitationId: 'e', url: 'https://a/', message: 'go' }] },
}

test('a visit that has to come first is a question', (t) => {
  const capabilities = { elicitation: { url: {} } }
  const call = request('tools/call', { name: 'n' })
  t.deepEqual(toUrlQuestions(call, URL_NEEDED, capabilities), {
    inputRequests: {
      'url-1': {
        method: 'elicitation/create',
        params: { mode: 'url', url: 'https://a/', message: 'go' },
      },
    },
  })
  t.like(toUrlQuestions(call, URL_NEEDED, {}), {
    error: { code: -32021, data: { requiredCapabilities: { elicitation: { url: {} } } } },
  })
  for (const error of [undefined, null, { code: -32042 }, { ...URL_NEEDED, code: -32602 }]) {
    t.is(toUrlQuestions(call, error, capabilities), undefined)
  }
})

test('whoever has declined it is not asked again', (t) => {
  const capabilities = { elicitation: { url: {} } }
  const again = (action: string) =>
    request('tools/call', { name: 'n', inputResponses: { 'url-1': { action } } })
  t.truthy(toUrlQuestions(again('accept'), URL_NEEDED, capabilities))
  for (const action of ['decline', 'cancel']) {
    t.is(toUrlQuestions(again(action), URL_NEEDED, capabilities), undefined)
  }
})

test('a level is one of the eight, or none', (t) => {
  t.deepEqual(['debug', 'emergency', undefined].map(readLevel), [0, 7, undefined])
  for (const wrong of ['loud', 7, null, '']) t.throws(() => readLevel(wrong), { message: /debug/ })
})

test('the server is told a level only when a more talkative one is wanted', (t) => {
  const told: unknown[] = []
  let refuse = (): void => {}
  const wishes = new LogWishes((level, refused) => {
    told.push(level)
    refuse = refused
  })
  for (const level of [4, 6, 4, 1, 3]) wishes.want(level)
  t.deepEqual(told, ['error', 'info'])
  refuse()
  wishes.want(6)
  t.deepEqual(told, ['error', 'info', 'alert'], 'what it has refused is told again')
})
