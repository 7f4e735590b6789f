import test from 'ava'
import { SessionRegister } from '../../../services/echo/echo-session.ts'
import { EDGE_CORS } from '../../../services/echo/tools/cors-analysis.ts'
import { problemsOf } from '../../../services/echo/tools/health-probe.ts'
import { rate } from '../../../services/echo/tools/request-timing.ts'
import type { Tool } from '../../../services/echo/tools/tool.ts'
import { allTools, statelessTools } from '../../../services/echo/tools.ts'
import { IDENTITY, openSession, runTool, toJwt } from '../../support/echo-tool.ts'

const TOOLS = allTools({
  TZ: 'Etc/UTC',
  MCP_NATIVE_SECRET: 'canary',
  PATH: '/canary',
  OTHER: 'canary',
})
const SEEDS =
  'echo replayLastEcho printHeader bearerDecode authContext requestTiming corsAnalysis environmentDump healthProbe sessionInfo whoIStheGOAT'

function named(name: string): Tool {
  const tool = TOOLS.find((one) => one.name === name)
  if (tool === undefined) throw new Error(`no tool ${name}`)
  return tool
}

test('the full set, and without sessions all but those of a session', (t) => {
  const names = TOOLS.map(({ name }) => name)
  for (const name of SEEDS.split(' ')) t.true(names.includes(name), name)
  const stateless = statelessTools(TOOLS).map(({ name }) => name)
  t.deepEqual(
    names.filter((name) => !stateless.includes(name)),
    ['replayLastEcho', 'sessionInfo'],
  )
})

for (const { name, inputSchema } of TOOLS) {
  test(`${name} refuses arguments that it does not have`, (t) => {
    const args = { message: 'm', seconds: 1 }
    const known = Object.fromEntries(
      Object.entries(args).filter(([key]) => key in inputSchema.shape),
    )
    t.true(inputSchema.safeParse(known).success)
    t.false(inputSchema.safeParse({ ...known, unknown: 1 }).success)
  })
}

for (const args of [{}, { message: 1 }, { message: null }]) {
  test(`echo refuses ${JSON.stringify(args)}`, (t) => {
    t.false(named('echo').inputSchema.safeParse(args).success)
  })
}

test('echo gives the message back as it is, and a session remembers the last', async (t) => {
  const session = openSession()
  t.is((await runTool(named('replayLastEcho'), {}, { session })).text.split(' ')[0], 'Nothing')
  for (const message of ['first', ' sec☃nd\n']) {
    t.is((await runTool(named('echo'), { message }, { session })).text, message)
  }
  t.is((await runTool(named('replayLastEcho'), {}, { session })).text, ' sec☃nd\n')
  t.is((await runTool(named('echo'), { message: 'm' })).text, 'm', 'without a session')
})

test('of a message without end only the beginning is kept, and that is said', async (t) => {
  const session = openSession()
  await runTool(named('echo'), { message: 'x'.repeat(1_000_000) }, { session })
  const { text } = await runTool(named('replayLastEcho'), {}, { session })
  t.true(text.length < 70_000)
  t.regex(text, /the rest was not kept/)
})

test('printHeader: groups, and nothing that opens anything', async (t) => {
  const headers = { ...IDENTITY, cookie: 'a=canary', 'mcp-method': 'tools/call', host: 'h' }
  const { text, facts } = await runTool(named('printHeader'), {}, { headers })
  t.false(JSON.stringify([text, facts]).includes('canary'))
  t.regex(text, /Who calls[\s\S]+ {2}x-user-id: github:583231[\s\S]+The protocol:\n {2}mcp-method/)
  t.is((facts['headers'] as Record<string, string>)['host'], 'h')
})

test('bearerDecode behind the gateway: no token, and what was in it', async (t) => {
  const { text, facts } = await runTool(named('bearerDecode'), {}, { headers: IDENTITY })
  t.like(facts, { tokenReachedServer: false, verifiedByGateway: true })
  t.like(facts['claims'], { sub: 'github:583231', scope: 'mcp echo:write', exp: 4_000_000_000 })
  t.regex(text, /takes it away/)
  t.regex(text, /exp: 4000000000, 2096-10-02T07:06:40.000Z \(in \d+ d\)/)
})

test('bearerDecode without a gateway: claims as the token says them, unverified, never itself', async (t) => {
  const claims = { sub: 'ann', exp: 1, odd: { deep: [1] } }
  const token = toJwt(claims, 'canarysignature')
  const headers = { authorization: `Bearer ${token}` }
  const { text, facts } = await runTool(named('bearerDecode'), { includeRaw: true }, { headers })
  t.like(facts, { tokenReachedServer: true, verifiedByGateway: false, claims })
  t.like(facts['header'], { alg: 'ES256' })
  t.regex(text, /has not verified it/)
  t.regex(text, /exp: 1, 1970-01-01T00:00:01.000Z \(\d+ d ago\)/)
  t.true(text.includes(JSON.stringify(claims)))
  const whole = JSON.stringify([text, facts])
  for (const part of token.split('.')) t.false(whole.includes(part))
})

for (const [authorization, words] of [
  ['Bearer canary-opaque', /no JWT/],
  ['Bearer a.b.c', /no JWT/],
  [`Bearer ${toJwt({})}.fifth`, /no JWT/],
  ['Basic canary', /no bearer token/],
  ['', /No bearer token[\s\S]+nobody has checked/],
] as const) {
  test(`bearerDecode says what it cannot read: ${authorization.slice(0, 15)}`, async (t) => {
    const { text, facts } = await runTool(named('bearerDecode'), {}, { headers: { authorization } })
    t.regex(text, words)
    t.deepEqual(facts['claims'], {})
    t.false(text.includes('canary'))
  })
}

test('authContext: who, through what, until when, and from where', async (t) => {
  const headers = {
    ...IDENTITY,
    origin: 'https://page.example',
    'x-forwarded-proto': 'https',
    cookie: 'one=canary; two=canary=x',
  }
  const session = openSession()
  const client = { name: 'a client', version: '3' }
  const { text, facts } = await runTool(named('authContext'), {}, { headers, session, client })
  t.deepEqual(facts, {
    behindGateway: true,
    userId: 'github:583231',
    userName: 'Üla',
    clientId: 'client-7',
    scopes: ['mcp', 'echo:write'],
    expiresAt: 4_000_000_000,
    tokenReachedServer: false,
    cookieNames: ['one', 'two'],
    origin: 'https://page.example',
    https: true,
    session: 'abcdefgh',
  })
  t.regex(text, /person: github:583231 \(Üla\)/)
  t.regex(text, /a client 3 \(its own words\)/)
  t.false(text.includes('canary'))
})

test('authContext of nobody', async (t) => {
  const { text, facts } = await runTool(named('authContext'))
  t.deepEqual(facts, {
    behindGateway: false,
    scopes: [],
    tokenReachedServer: false,
    cookieNames: [],
    https: false,
  })
  t.regex(text, /Nobody vouches/)
})

test('requestTiming counts from the arrival, and names the request', async (t) => {
  const headers = { 'x-request-id': 'r-1' }
  const arrivedAtMs = performance.now() - 60
  const { text, facts } = await runTool(named('requestTiming'), {}, { headers, arrivedAtMs })
  t.true((facts['elapsedMs'] as number) >= 60)
  t.is(facts['sessionAgeSeconds'], undefined)
  t.true(Math.abs(Date.parse(String(facts['receivedAt'])) - Date.now()) < 60_000)
  t.regex(text, /gateway logs --request r-1/)
  const session = openSession()
  t.is((await runTool(named('requestTiming'), {}, { session })).facts['sessionAgeSeconds'], 0)
  t.deepEqual([0, 9.9, 10, 50, 100, 1e6].map(rate), [
    'excellent',
    'excellent',
    'good',
    'fair',
    'slow',
    'slow',
  ])
})

test('corsAnalysis: for the origin that is seen', async (t) => {
  const origin = 'https://page.example'
  const behind = await runTool(named('corsAnalysis'), {}, { headers: { ...IDENTITY, origin } })
  t.like(behind.facts, { origin, letInByEdge: true, credentials: false, ...allowed() })
  t.regex(behind.text, /the gateway allows that origin/)
  const direct = await runTool(named('corsAnalysis'), {}, { headers: { origin } })
  t.like(direct.facts, { letInByEdge: false })
  t.regex(direct.text, /nobody has judged/)
  const program = await runTool(named('corsAnalysis'), {}, { headers: IDENTITY })
  t.is(program.facts['origin'], undefined)
  t.regex(program.text, /no web page/)
})

function allowed() {
  return { allowedMethods: EDGE_CORS.methods, exposedHeaders: EDGE_CORS.exposedHeaders }
}

for (const showSecrets of [false, true]) {
  test(`environmentDump shows no secret, showSecrets: ${showSecrets}`, async (t) => {
    const { text, facts } = await runTool(named('environmentDump'), { showSecrets })
    t.false(JSON.stringify([text, facts]).includes('canary'))
    t.false(text.includes('OTHER'))
    t.like(facts, {
      shown: { TZ: 'Etc/UTC' },
      set: ['MCP_NATIVE_SECRET', 'PATH'],
      others: 1,
    })
    t.is(/showSecrets shows nothing more/.test(text), showSecrets)
  })
}

test('healthProbe: well, and what it would say if not', async (t) => {
  const register = new SessionRegister()
  const session = openSession(register)
  openSession(register, { id: 'other', user: 'dev:bob' })
  const { facts } = await runTool(named('healthProbe'), {}, { session })
  t.like(facts, { server: 'echo', revision: '2026-07-28', ownSessions: 1 })
  t.true((facts['memoryMib'] as number) > 0)
  t.is((await runTool(named('healthProbe'))).facts['ownSessions'], undefined)
  t.deepEqual(problemsOf({ heapShare: 0.5, eventLoopTurnMs: 1 }), [])
  t.is(problemsOf({ heapShare: 0.95, eventLoopTurnMs: 300 }).length, 2)
})

test('sessionInfo lists the caller’s own sessions and nobody else’s', async (t) => {
  const register = new SessionRegister()
  const session = openSession(register, { id: 'mine-one-secretrest', client: 'first' })
  const second = openSession(register, { id: 'mine-two-secretrest', client: 'second' })
  openSession(register, { id: 'theirs-x-secretrest', user: 'dev:bob', client: 'foreign' })
  session.used()
  const { text, facts } = await runTool(named('sessionInfo'), {}, { session })
  t.is(facts['total'], 2)
  const seen = facts['sessions'] as { id: string; current: boolean; calls: number }[]
  t.deepEqual(
    seen.map(({ id, current, calls }) => [id, current, calls]),
    [
      ['mine-one', true, 1],
      ['mine-two', false, 0],
    ],
  )
  t.notRegex(JSON.stringify([text, facts]), /foreign|theirs|secretrest/)
  second.closed()
  t.is((await runTool(named('sessionInfo'), {}, { session })).facts['total'], 1)
})

test('sessionInfo of many sessions lists some, this one among them', async (t) => {
  const register = new SessionRegister()
  const session = openSession(register, { id: 'oldest' })
  for (let number = 0; number < 30; number += 1) openSession(register, { id: `younger-${number}` })
  const { text, facts } = await runTool(named('sessionInfo'), {}, { session })
  t.is(facts['total'], 31)
  t.is((facts['sessions'] as unknown[]).length, 11)
  t.regex(text, /this one {2}oldest/)
  t.regex(text, /and 20 older ones/)
})

test('nobody known has one session: their own', async (t) => {
  const register = new SessionRegister()
  const session = openSession(register, { user: '', id: 'one' })
  openSession(register, { user: '', id: 'two' })
  t.is((await runTool(named('sessionInfo'), {}, { session })).facts['total'], 1)
})

for (const [title, headers, facts] of [
  ['by the gateway’s word', IDENTITY, { goat: 'Üla', authenticated: true }],
  ['by id without a name', { 'x-user-id': 'dev:ann' }, { goat: 'dev:ann', authenticated: true }],
  [
    'on a token’s own word',
    { authorization: `Bearer ${toJwt({ name: '', email: 'ann@example.com' })}` },
    { goat: 'ann@example.com', authenticated: false },
  ],
  ['of nobody', {}, { authenticated: false }],
] as const) {
  test(`whoIStheGOAT ${title}`, async (t) => {
    const answer = await runTool(named('whoIStheGOAT'), {}, { headers })
    t.deepEqual(answer.facts, facts)
    t.regex(answer.text, 'goat' in facts ? new RegExp(facts.goat) : /AUTHENTICATION REQUIRED/)
  })
}
