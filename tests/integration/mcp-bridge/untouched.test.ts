import test from 'ava'
import { fixture, startBridge } from '../../support/bridge.ts'
import { allEvents, BOTH, frames, json, open, rpc, send } from '../../support/mcp.ts'

const bridge = await startBridge({
  services: { lines: fixture('tells-lines.ts'), fix: fixture('echoes.ts') },
})
test.after.always(() => bridge.stop())

function listOf<T>(result: Record<string, unknown> | undefined, name: string): T[] {
  const list = result?.[name]
  return Array.isArray(list) ? (list as T[]) : []
}

const TEXTS = [
  '{}',
  '{"a":12345678901234567890,"b":1.0,"c":1e400,"d":-0,"e":0.10}',
  '{"name":"x","arguments":{"id":9007199254740993,"price":19.90}}',
  '{"z":1,"a":{"b":[[],{},null,true,"\\"\\\\"]},"__proto__":1,"ü":"\u00fc\u{1f600}"}',
  '{"_meta":{"x.example/unknown":{"deep":[1.50]}},"cursor":""}',
]

for (const params of TEXTS) {
  test(`a request's ${params} reaches the server as it is`, async (t) => {
    const { id } = await open(bridge, 'lines')
    const body = `{"jsonrpc":"2.0","id":"mine","method":"x.example/unknown","params":${params}}`
    t.is((await json(send(bridge, 'lines', body, { session: id }))).id, 'mine')
    const note = `{"jsonrpc":"2.0","method":"notifications/unknown","params":${params}}`
    t.is((await send(bridge, 'lines', note, { session: id })).status, 202)
    const { result } = await json(send(bridge, 'lines', rpc('lines'), { session: id }))
    const lines = listOf<string>(result, 'lines').filter((line) => line.includes('unknown'))
    t.true(lines[0]?.includes(`"params":${params}`), lines[0])
    t.is(lines[1], note)
  })

  test(`an answer's ${params} reaches the client as it is`, async (t) => {
    const { id } = await open(bridge, 'lines')
    const print = async (text: string, accept = 'application/json') => {
      const base64 = Buffer.from(text).toString('base64')
      return await send(bridge, 'lines', rpc('print', { base64 }, 'mine'), { session: id, accept })
    }
    const answer = await print(`{"jsonrpc":"2.0","id":"%ID%","result":${params},"unknown":1.0}`)
    t.is(await answer.text(), `{"jsonrpc":"2.0","id":"mine","result":${params},"unknown":1.0}`)
    const failed = await print(
      `{"jsonrpc":"2.0","id":"%ID%","error":{"code":5,"message":"no","data":${params}}}`,
    )
    t.is(
      await failed.text(),
      `{"jsonrpc":"2.0","id":"mine","error":{"code":5,"message":"no","data":${params}}}`,
    )
    const said = `{"jsonrpc":"2.0","method":"notifications/unknown","params":${params},"more":1.0}`
    const stream = await print(`${said}\n{"jsonrpc":"2.0","id":"%ID%","result":{}}`, BOTH)
    const data: unknown[] = []
    for await (const frame of frames(stream)) if (frame.data) data.push(frame.data)
    t.is(data[0], said)
  })
}

test('in 2025-03-26 every member of an array is served', async (t) => {
  const { id } = await open(bridge, 'fix', { version: '2025-03-26', capabilities: { roots: {} } })
  const asking = await send(bridge, 'fix', rpc('ask', { what: 'roots/list' }), { session: id })
  t.is((await allEvents(asking))[0]?.id, 'asked-by-server')
  const batch = [
    rpc('echo', { n: 1 }, 1),
    { jsonrpc: '2.0', method: 'notifications/some' },
    { jsonrpc: '2.0', id: 'asked-by-server', result: { roots: [] } },
    rpc('echo', { n: 2 }, 1),
    rpc('later', { ms: 30 }, 'two'),
  ]
  const answer = await send(bridge, 'fix', batch, { session: id, accept: 'application/json' })
  const got = (await answer.json()) as { id: unknown; result: { params: object } }[]
  t.deepEqual(
    got.map((one) => [one.id, one.result.params]),
    [
      [1, { n: 1 }],
      [1, { n: 2 }],
      ['two', { ms: 30 }],
    ],
  )
  const { result } = await json(send(bridge, 'fix', rpc('heard'), { session: id }))
  t.deepEqual(listOf(result, 'heard').slice(-2), batch.slice(1, 3))
  const notes = await send(bridge, 'fix', batch.slice(1, 2), { session: id })
  t.is(notes.status, 202)
  t.is(await notes.text(), '')
})

test('an array that takes long is a stream with an answer for each member', async (t) => {
  const { id } = await open(bridge, 'fix', { version: '2025-03-26' })
  const batch = [rpc('echo', {}, 1), rpc('later', { ms: 300 }, 2), rpc('later', { ms: 200 }, 3)]
  const answer = await send(bridge, 'fix', batch, { session: id })
  t.is(answer.headers.get('content-type'), 'text/event-stream')
  t.deepEqual(
    (await allEvents(answer)).map((one) => one.id),
    [1, 3, 2],
  )
})

for (const version of ['2024-11-05', '2025-06-18', '2025-11-25']) {
  test(`in ${version} an array is refused`, async (t) => {
    const { id } = await open(bridge, 'fix', { version })
    const refused = await send(bridge, 'fix', [rpc('echo')], { session: id })
    t.is(refused.status, 400)
    t.is((await json(refused)).error?.code, -32600)
  })
}

test('equal ids at once that take long get their own streams', async (t) => {
  const { id } = await open(bridge, 'fix')
  const asked = [300, 200, 400, 250].map((ms, n) => ({ ms, n }))
  const answers = await Promise.all(
    asked.map((params) => send(bridge, 'fix', rpc('later', params, 7), { session: id })),
  )
  const got = await Promise.all(answers.map(allEvents))
  t.deepEqual(
    got.map(([only]) => only?.result?.['params']),
    asked,
  )
  t.true(got.every(({ length }) => length === 1))
})
