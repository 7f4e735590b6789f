import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { allEvents, json, type RpcBody } from '../../support/mcp.ts'
import { ask, type StatelessOptions, told } from '../../support/stateless.ts'

const bridge = await startBridge({ services: { old: fixture('knows-sessions.ts') } })
test.after.always(() => bridge.stop())

const ALL = { elicitation: {}, sampling: {}, roots: {} }
const FORM = ['elicitation/create', { message: 'who?', requestedSchema: {} }] as const
const MODEL = ['sampling/createMessage', { messages: [], maxTokens: 1 }] as const
const ROOTS = ['roots/list'] as const
const ACCEPTED = { action: 'accept', content: { name: 'Ann' } }

type Params = Readonly<Record<string, unknown>>

interface Round {
  readonly inputRequests: Readonly<Record<string, { method: string; params?: object }>>
  readonly requestState: string
}

function as(name: string, options: StatelessOptions = {}): StatelessOptions {
  const clientInfo = { name, version: '1' }
  return { capabilities: ALL, ...options, envelope: { clientInfo, ...options.envelope } }
}

/** Each test is another client: the server's process is its own. */
function clientOf(name: string) {
  const tool = async (
    tool: string,
    args: object = {},
    more: Params = {},
    options: StatelessOptions = {},
  ): Promise<RpcBody> => {
    const params = { name: tool, arguments: args, ...more }
    return await json(ask(bridge, 'old', 'tools/call', params, as(name, options)))
  }
  const consult = (rounds: readonly unknown[], more?: Params, options?: StatelessOptions) =>
    tool('consult', { rounds }, more, options)
  const list = () => json(ask(bridge, 'old', 'prompts/list', {}, as(name)))
  return { tool, consult, list }
}

function roundOf({ result, error }: RpcBody): Round {
  if (result?.['resultType'] !== 'input_required') throw new Error(JSON.stringify(error ?? result))
  return result as unknown as Round
}

/** Each question, answered by its method. */
function answersTo({ inputRequests }: Round): Params {
  const answers: Params = {
    'elicitation/create': ACCEPTED,
    'sampling/createMessage': { role: 'assistant', model: 'm', content: {} },
    'roots/list': { roots: [] },
  }
  const entries = Object.entries(inputRequests)
  return Object.fromEntries(entries.map(([key, { method }]) => [key, answers[method]]))
}

test('questions that come together are asked together, the next in another round', async (t) => {
  const { consult } = clientOf('together')
  const rounds = [[FORM, MODEL], [ROOTS]]
  const first = roundOf(await consult(rounds, {}, { id: 'one' }))
  t.deepEqual(Object.values(first.inputRequests), [
    { method: FORM[0], params: FORM[1] },
    { method: MODEL[0], params: MODEL[1] },
  ])
  const back = (round: Round) => ({
    requestState: round.requestState,
    inputResponses: { ...answersTo(round), 'never-asked': ACCEPTED },
  })
  const second = roundOf(await consult(rounds, back(first), { id: 'two' }))
  t.deepEqual(Object.values(second.inputRequests), [{ method: 'roots/list', params: {} }])
  t.not(first.requestState, second.requestState)
  const last = await consult(rounds, back(second), { id: 'three' })
  t.is(last.id, 'three')
  t.is(last.result?.['resultType'], 'complete')
  t.deepEqual(told(last), [ACCEPTED, { role: 'assistant', model: 'm', content: {} }, { roots: [] }])
})

test('what was not answered is asked again', async (t) => {
  const { consult } = clientOf('again')
  const rounds = [[FORM, ROOTS]]
  const first = roundOf(await consult(rounds))
  const { requestState } = first
  const [form = '', roots = ''] = Object.keys(first.inputRequests)
  const partly = { requestState, inputResponses: { [form]: ACCEPTED, [roots]: 'no object' } }
  const second = roundOf(await consult(rounds, partly))
  t.deepEqual(second.inputRequests, { [roots]: { method: 'roots/list', params: {} } })
  // None at all, this time.
  const third = roundOf(await consult(rounds, { requestState: second.requestState }))
  const inputResponses = answersTo(third)
  const last = await consult(rounds, { requestState: third.requestState, inputResponses })
  t.deepEqual(told(last), [ACCEPTED, { roots: [] }])
})

test('a state counts once, for its owner and its request only', async (t) => {
  const { consult, tool } = clientOf('states')
  const rounds = [[FORM]]
  const round = roundOf(await consult(rounds))
  const back = { requestState: round.requestState, inputResponses: answersTo(round) }
  const refusals = [
    await consult([[FORM], [FORM]], back),
    await tool('never', {}, back),
    await consult(rounds, back, { caller: { user: 'dev:ben' } }),
    await consult(rounds, back, { caller: { client: 'another' } }),
    await consult(rounds, { ...back, requestState: `${round.requestState}x` }),
    await consult(rounds, { ...back, requestState: 7 }),
    await consult(rounds, { ...back, requestState: 'x'.repeat(10_000) }),
  ]
  t.deepEqual(
    refusals.map(({ error }) => error?.code),
    refusals.map(() => -32602),
  )
  // Another login of the same person, with other capabilities: the request is the same.
  const options = { caller: { grant: '2-grant' }, capabilities: {} }
  t.deepEqual(told(await consult(rounds, back, options)), [ACCEPTED])
  t.is((await consult(rounds, back)).error?.code, -32602, 'it was used')
})

test('an answer that comes between the rounds is kept', async (t) => {
  const { tool, list } = clientOf('kept')
  const args = { rounds: [[FORM]], meanwhile: 'gives up' }
  const round = roundOf(await tool('consult', args))
  t.deepEqual((await list()).error, undefined)
  const back = { requestState: round.requestState, inputResponses: answersTo(round) }
  t.is(told(await tool('consult', args, back)), 'given up')
})

test('a question that comes between the rounds is asked in the next', async (t) => {
  const { tool, list } = clientOf('between')
  const args = { rounds: [[FORM]], meanwhile: 'asks' }
  const first = roundOf(await tool('consult', args))
  t.deepEqual((await list()).error, undefined)
  const back = (round: Round) => ({
    requestState: round.requestState,
    inputResponses: answersTo(round),
  })
  const second = roundOf(await tool('consult', args, back(first)))
  t.deepEqual(Object.values(second.inputRequests), [{ method: 'roots/list', params: {} }])
  t.deepEqual(told(await tool('consult', args, back(second))), [ACCEPTED])
})

test('a question that its client cannot be asked is refused to the server', async (t) => {
  const { consult } = clientOf('refused')
  const url = ['elicitation/create', { mode: 'url', url: 'https://example.com/', message: 'm' }]
  const rounds = [[url, ['unknown/method'], ['ping'], MODEL, ROOTS]]
  const capabilities = { elicitation: { form: {} } }
  const answers = told(await consult(rounds, {}, { capabilities })) as { code?: number }[]
  t.deepEqual(
    answers.map(({ code }) => code),
    [-32602, -32601, undefined, -32601, -32601],
  )
  t.deepEqual(answers[2], {})
})

test('leaving cancels, having been asked does not', async (t) => {
  const { tool, consult } = clientOf('leaving')
  const left = new AbortController()
  const options = as('leaving', { signal: left.signal })
  // Its head comes as soon as it takes long.
  await ask(bridge, 'old', 'tools/call', { name: 'never' }, options)
  const round = roundOf(await consult([[FORM]]))
  left.abort()
  const heard = async () => told(await tool('heard')) as { method: string; params?: Params }[]
  const ofCancelled = async () =>
    (await heard()).filter(({ method }) => method === 'notifications/cancelled')
  for (let time = 0; time < 100 && (await ofCancelled()).length === 0; time += 1) await sleep(20)
  t.is((await ofCancelled()).length, 1)
  const back = { requestState: round.requestState, inputResponses: answersTo(round) }
  t.deepEqual(told(await consult([[FORM]], back)), [ACCEPTED])
})

test('only requests that ask for log messages get them, from their level on', async (t) => {
  const { tool } = clientOf('logs')
  const log = (level: string) => ({
    method: 'notifications/message',
    params: { level, data: level },
  })
  const messages = ['debug', 'warning', 'emergency'].map(log)
  const logged = async (logLevel?: string) => {
    const params = { name: 'say', arguments: { messages } }
    const options = as('logs', { envelope: { logLevel } })
    const response = await ask(bridge, 'old', 'tools/call', params, options)
    const said = response.headers.get('content-type') === 'text/event-stream'
    return said
      ? (await allEvents(response)).slice(0, -1).map(({ params }) => params?.['level'])
      : []
  }
  t.deepEqual(await logged(), [])
  t.deepEqual(await logged('warning'), ['warning', 'emergency'])
  t.deepEqual(await logged('debug'), ['debug', 'warning', 'emergency'])
  t.deepEqual(await logged('emergency'), ['emergency'])
  const heard = told(await tool('heard')) as { method: string; params: Params }[]
  const levels = heard.filter(({ method }) => method === 'logging/setLevel')
  t.deepEqual(
    levels.map(({ params }) => params['level']),
    ['warning', 'debug'],
  )
  const wrong = await tool('heard', {}, {}, { envelope: { logLevel: 'loud' } })
  t.is(wrong.error?.code, -32602)
})

test('what differs between the revisions is translated', async (t) => {
  const { tool } = clientOf('words')
  const words = (method: string, params: Params = {}) =>
    json(ask(bridge, 'old', method, params, as('words')))
  const { result } = await words('server/discover')
  t.is(result?.['resultType'], 'complete')
  t.deepEqual(result?.['supportedVersions'], [
    '2026-07-28',
    '2025-11-25',
    '2025-06-18',
    '2025-03-26',
    '2024-11-05',
  ])
  t.deepEqual(Object.keys(result?.['capabilities'] as object), [
    'tools',
    'resources',
    'prompts',
    'logging',
  ])
  const list = await words('tools/list')
  t.like(list.result, { resultType: 'complete', ttlMs: 0, cacheScope: 'private' })
  t.like(list.result?.['_meta'], { 'io.modelcontextprotocol/serverInfo': { name: 'fixture' } })
  const missing = await words('resources/read', { uri: 'x:nowhere' })
  t.like(missing.error, { code: -32602, message: 'Resource not found' })
  const meta = { 'example.com/own': 1 }
  const more = { task: { ttl: 1 }, inputResponses: {} }
  const params = told(await tool('params', { x: 1 }, more, { meta, progressToken: 'p' })) as Params
  t.deepEqual(Object.keys(params).sort(), ['_meta', 'arguments', 'name'])
  t.like(params['_meta'], { 'example.com/own': 1 })
  t.deepEqual(Object.keys(params['_meta'] as object).length, 2, 'no envelope')
  const reserved = { error: { code: -32021, message: 'own', data: { x: 1 } } }
  t.like((await tool('fail', reserved)).error, { code: -32603, message: 'own', data: { x: 1 } })
  for (const method of ['ping', 'logging/setLevel', 'resources/subscribe', 'tasks/list']) {
    const response = await ask(bridge, 'old', method, {}, as('words'))
    t.is(response.status, 404, method)
    t.is((await json(response)).error?.code, -32601)
  }
})

test('what is nested too deeply to be passed on is an error of its call alone', async (t) => {
  const { tool } = clientOf('deep')
  const { error } = await tool('deep')
  t.regex(error?.message ?? '', /nested too deeply/)
  t.truthy(told(await tool('pid')))
})

test('a process that dies fails its call by name, and the next request has another', async (t) => {
  const { tool } = clientOf('deaths')
  const before = told(await tool('pid'))
  t.is(told(await tool('pid')), before, 'the same process for all')
  const { error } = await tool('die')
  t.regex(error?.message ?? '', /the service old/)
  t.not(told(await tool('pid')), before)
})

test('two first requests at once start one process; other capabilities, another', async (t) => {
  const { tool } = clientOf('at-once')
  const pids = await Promise.all([1, 2, 3].map(async () => told(await tool('pid'))))
  t.is(new Set(pids).size, 1)
  t.not(told(await tool('pid', {}, {}, { capabilities: {} })), pids[0])
})
