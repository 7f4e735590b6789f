/** Single requests without a session, right ones and wrong ones, and what the bridge answers. */

import test from 'ava'
import { fixture, PATIENT_LEASE_MS, startBridge } from '../support/bridge.ts'
import { json, note, open, type RpcBody, rpc, send } from '../support/mcp.ts'
import {
  ask,
  callTool,
  STATELESS,
  type StatelessOptions,
  statelessBody,
} from '../support/stateless.ts'
import { verifies } from '../support/verifies.ts'

const bridge = await startBridge({
  services: { fix: fixture('conformance/main.ts', { isolation: 'shared' }) },
  environment: { MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS },
})
test.after.always(() => bridge.stop())

const base64 = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`

/** Status and code, `0` for a result. */
async function outcome(response: Promise<Response>): Promise<[number, number]> {
  const { status } = await response
  const { error } = await json(response)
  return [status, error?.code ?? 0]
}

const list = (options: StatelessOptions = {}): Promise<Response> =>
  ask(bridge, 'fix', 'tools/list', {}, options)

const SUPPORTED = [STATELESS, '2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05']

const FINE: [number, number] = [200, 0]
const MISMATCH: [number, number] = [400, -32020]

verifies('stateless-discover', async (t) => {
  const response = await ask(bridge, 'fix', 'server/discover')
  t.is(response.status, 200)
  t.is(response.headers.get('mcp-session-id'), null)
  const { result } = await json(response)
  t.deepEqual(result?.['supportedVersions'], SUPPORTED)
  t.like(result, { capabilities: { prompts: { listChanged: true } } })
  t.like(result?.['_meta'], { 'io.modelcontextprotocol/serverInfo': { name: 'conformance' } })
})

verifies('stateless-no-session', async (t) => {
  for (const headers of [
    {},
    { 'mcp-session-id': 'one-that-never-was' },
    { 'last-event-id': '1-1' },
    { 'mcp-session-id': '', 'last-event-id': 'x' },
  ]) {
    const response = await list({ headers })
    t.is(response.status, 200)
    t.is(response.headers.get('mcp-session-id'), null)
    const { id, result } = await json(response)
    t.is(id, 1)
    t.true(Array.isArray(result?.['tools']))
  }
})

verifies('stateless-beside-sessions', async (t) => {
  const { id: session, answer } = await open(bridge, 'fix')
  t.is(answer.result?.['protocolVersion'], '2025-11-25')
  const inSession = await json(send(bridge, 'fix', rpc('tools/list', {}, 'a'), { session }))
  const without = await json(list({ id: 'a', headers: { 'mcp-session-id': session } }))
  t.is(inSession.id, without.id)
  t.is(inSession.result?.['resultType'], undefined)
  t.is(without.result?.['resultType'], 'complete')
  // Some clients with a session send the newest revision as header.
  const headers = { 'mcp-protocol-version': STATELESS }
  const lying = await json(send(bridge, 'fix', rpc('ping'), { session, headers }))
  t.deepEqual(lying.result, {})
  const ping = await json(send(bridge, 'fix', rpc('ping', {}, 'still'), { session }))
  t.deepEqual(ping.result, {}, 'the session goes on')
})

verifies('stateless-one-door', async (t) => {
  const headers = { 'mcp-protocol-version': STATELESS }
  for (const method of ['GET', 'DELETE', 'PUT']) {
    const response = await send(bridge, 'fix', undefined, { method, headers })
    t.is(response.status, 405, method)
    t.true(response.headers.get('allow')?.includes('POST'))
  }
  const older = await send(bridge, 'fix', undefined, { method: 'GET' })
  t.is(older.status, 400, 'who may want a session is told how to begin one')
  const { id: session } = await open(bridge, 'fix')
  const ended = await send(bridge, 'fix', undefined, { method: 'DELETE', session, headers })
  t.is(ended.status, 204, 'who has one can end it')
})

verifies('stateless-single-messages', async (t) => {
  const headers = { 'mcp-protocol-version': STATELESS, 'mcp-method': 'tools/list' }
  const post = (body: unknown): Promise<Response> => send(bridge, 'fix', body, { headers })
  const one = statelessBody('tools/list')
  for (const body of [[one], [one, one], [one, note('notifications/x')], []]) {
    t.deepEqual(await outcome(post(body)), [400, -32600])
  }
  t.deepEqual(await outcome(post({ jsonrpc: '2.0', id: 1, result: {} })), [400, -32600])
  for (const params of [{}, { _meta: { 'io.modelcontextprotocol/protocolVersion': STATELESS } }]) {
    const method = 'notifications/cancelled'
    const told = { ...headers, 'mcp-method': method }
    const response = await send(bridge, 'fix', note(method, params), { headers: told })
    t.is(response.status, 202)
    t.is(await response.text(), '')
  }
})

verifies('stateless-version-mismatch', async (t) => {
  for (const version of ['2025-11-25', '1900-01-01', '2026-07-28 ,x', 'x']) {
    const headers = { 'mcp-protocol-version': version }
    t.deepEqual(await outcome(list({ headers })), MISMATCH, version)
  }
  const older = { envelope: { protocolVersion: '2025-11-25' } }
  t.deepEqual(await outcome(list(older)), MISMATCH, 'the header may be the newer one')
  const response = list({ without: ['mcp-protocol-version'], id: 'mine' })
  t.deepEqual(await outcome(response), MISMATCH)
})

verifies('stateless-version-unknown', async (t) => {
  for (const requested of ['1900-01-01', '2099-01-01', '2025-11-25', 'x'.repeat(1000)]) {
    const envelope = { protocolVersion: requested }
    const headers = { 'mcp-protocol-version': requested }
    const response = await list({ envelope, headers, id: 'mine' })
    t.is(response.status, 400)
    const { id, error } = await json(response)
    t.is(id, 'mine')
    t.is(error?.code, -32022)
    t.is(error?.data?.['requested'], requested)
    t.deepEqual(error?.data?.['supported'], SUPPORTED)
  }
})

verifies('stateless-method-mismatch', async (t) => {
  for (const named of [
    'tools/call',
    'TOOLS/LIST',
    'tools/list, tools/list',
    base64('tools/list'),
  ]) {
    t.deepEqual(await outcome(list({ headers: { 'mcp-method': named } })), MISMATCH, named)
  }
  t.deepEqual(await outcome(list({ without: ['mcp-method'] })), MISMATCH)
  const headers = { 'mcp-method': 'tools/list' }
  const hidden = callTool(bridge, 'fix', 'test_simple_text', {}, { headers })
  t.deepEqual(await outcome(hidden), MISMATCH, 'a call in the clothes of a list')
  const bare = { headers, without: ['mcp-protocol-version'] }
  t.deepEqual(await outcome(callTool(bridge, 'fix', 'test_simple_text', {}, bare)), MISMATCH)
  t.deepEqual(await outcome(list({ headers: { 'mcp-method': '  tools/list  ' } })), FINE)
})

verifies('stateless-name-mismatch', async (t) => {
  const uri = 'test://static-text'
  for (const [method, params, name] of [
    ['tools/call', { name: 'test_simple_text', arguments: {} }, 'test_simple_text'],
    ['prompts/get', { name: 'test_simple_prompt' }, 'test_simple_prompt'],
    ['resources/read', { uri }, uri],
  ] as const) {
    const named = (given: string) =>
      outcome(ask(bridge, 'fix', method, params, { headers: { 'mcp-name': given } }))
    for (const fine of [name, `  ${name} `, base64(name)]) t.deepEqual(await named(fine), FINE)
    for (const wrong of [
      'another',
      name.toUpperCase(),
      `${name}, ${name}`,
      base64('another'),
      base64(name).slice(0, -4).concat('?='),
      `=?base64?${name}?=`,
      base64(name).toUpperCase(),
    ]) {
      t.deepEqual(await named(wrong), MISMATCH, wrong)
    }
    t.deepEqual(
      await outcome(ask(bridge, 'fix', method, params, { without: ['mcp-name'] })),
      MISMATCH,
    )
  }
})

verifies('stateless-argument-mismatch', async (t) => {
  await list()
  const call = (headers: Record<string, string>, region: unknown = 'us-west1') =>
    outcome(callTool(bridge, 'fix', 'test_mirrored_argument', { region }, { headers }))
  for (const region of ['us-west1', base64('us-west1')]) {
    t.deepEqual(await call({ 'mcp-param-region': region }), FINE)
  }
  for (const region of ['eu', 'us-west1, us-west1', base64('eu'), '=?base64?dXMtd2VzdDE?=']) {
    t.deepEqual(await call({ 'mcp-param-region': region }), MISMATCH, region)
  }
  t.deepEqual(await call({}), MISMATCH, 'missing')
  t.deepEqual(await call({ 'mcp-param-region': 'any', 'mcp-param-other': 'x' }, null), FINE)
})

verifies('stateless-envelope', async (t) => {
  const refused: [number, number] = [400, -32602]
  for (const envelope of [
    { protocolVersion: undefined },
    { clientCapabilities: undefined },
    { clientCapabilities: 'x' },
    { clientCapabilities: [] },
    { protocolVersion: 7 },
    { protocolVersion: null },
    { clientInfo: 'x' },
  ]) {
    t.deepEqual(await outcome(list({ envelope })), refused, JSON.stringify(envelope))
  }
  t.deepEqual(await outcome(list({ envelope: { clientInfo: undefined } })), FINE)
  const headers = { 'mcp-protocol-version': STATELESS, 'mcp-method': 'tools/list' }
  for (const body of [rpc('tools/list'), { jsonrpc: '2.0', id: 1, method: 'tools/list' }]) {
    const bare = await send(bridge, 'fix', body, { headers })
    t.is(bare.status, 400, 'told apart from the others by its headers alone')
    t.like(await json(bare), { id: 1, error: { code: -32602 } })
  }
})

verifies('stateless-unknown-method', async (t) => {
  for (const method of [
    'foo/bar',
    'initialize',
    'ping',
    'logging/setLevel',
    'resources/subscribe',
    'resources/unsubscribe',
  ]) {
    const response = await ask(bridge, 'fix', method, {}, { id: method })
    t.is(response.status, 404, method)
    t.like(await json(response), { id: method, error: { code: -32601 } })
  }
})

verifies('stateless-capability', async (t) => {
  const response = await callTool(bridge, 'fix', 'test_missing_capability')
  t.is(response.status, 400)
  const { error } = await json(response)
  t.is(error?.code, -32021)
  t.deepEqual(error?.data, { requiredCapabilities: { sampling: {} } })
})

verifies('stateless-rounds', async (t) => {
  const name = 'test_input_required_result_multi_round'
  const capabilities = { elicitation: {} }
  const round = async (more: object): Promise<RpcBody> =>
    await json(callTool(bridge, 'fix', name, {}, { capabilities, more }))
  const states: unknown[] = []
  let answer = await round({})
  for (const [step, content] of [
    ['step1', { name: 'Ann' }],
    ['step2', { color: 'blue' }],
  ] as const) {
    t.like(answer.result, {
      resultType: 'input_required',
      inputRequests: { [step]: { method: 'elicitation/create' } },
    })
    const requestState = answer.result?.['requestState']
    states.push(requestState)
    const inputResponses = { [step]: { action: 'accept', content } }
    answer = await round({ inputResponses, requestState })
  }
  t.is(answer.result?.['resultType'], 'complete')
  t.regex(JSON.stringify(answer.result?.['content']), /blue/)
  t.is(new Set(states).size, 2)
  const tampered = await round({ inputResponses: {}, requestState: `${states[0]}x` })
  t.is(tampered.error?.code, -32602)
})
