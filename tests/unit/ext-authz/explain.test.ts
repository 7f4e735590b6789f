import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { createAdminServer } from '../../../ext-authz/admin.ts'
import { type Decision, type DenyReason, toWireDenial } from '../../../ext-authz/decision.ts'
import { explain, type Question } from '../../../ext-authz/explain.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'

const gateway = readGateway({}, '/nowhere')
const QUESTION: Question = {
  token: 'a token',
  url: 'http://localhost:8642/echo/mcp',
  origin: undefined,
}

const REASONS: readonly DenyReason[] = [
  'no_token',
  'malformed',
  'expired',
  'wrong_audience',
  'unknown_key',
  'bad_signature',
  'revoked',
  'insufficient_scope',
  'foreign_origin',
  'unknown_service',
  'keys_unavailable',
  'store_unavailable',
]

for (const reason of REASONS) {
  test(`${reason} fails at one step, after those that passed`, async (t) => {
    const decision: Decision = { allow: false, reason, detail: 'the very detail' }
    const { steps, decision: told } = await explain(QUESTION, gateway, async () => decision)
    const failed = steps.findIndex(({ outcome }) => outcome === 'failed')
    t.true(steps[failed]?.detail.includes('the very detail'))
    t.true(steps.slice(0, failed).every(({ outcome }) => outcome === 'passed'))
    t.true(steps.slice(failed + 1).every(({ outcome }) => outcome === 'skipped'))
    t.false(told.allow)
    t.is(told.status, toWireDenial(reason).status)
  })
}

test('a key that cannot be asked for leaves the signature unseen', async (t) => {
  const decision: Decision = { allow: false, reason: 'keys_unavailable', detail: 'no answer' }
  const { steps } = await explain(QUESTION, gateway, async () => decision)
  const outcomeOf = (name: string) => steps.find(({ step }) => step === name)?.outcome
  t.is(outcomeOf('key'), 'failed')
  t.is(outcomeOf('signature'), 'skipped')
  t.is(outcomeOf('revocation'), 'skipped')
})

test('the decision is asked for the service of the address, with what the caller would send', async (t) => {
  const asked: unknown[] = []
  const origin = 'https://page.example'
  await explain({ ...QUESTION, url: `${QUESTION.url}?x=1`, origin }, gateway, async (input) => {
    asked.push(input)
    return { allow: false, reason: 'revoked', detail: '' }
  })
  t.deepEqual(asked, [{ service: 'echo', authorization: ['Bearer a token'], origin: [origin] }])
})

for (const url of [
  'http://localhost:8642//echo//mcp',
  'http://localhost:8642/%65cho/mcp',
  'http://localhost:8642/echo/x/%2e%2e/mcp?a=%2f',
  'http://LOCALHOST.:8642/echo/mcp',
]) {
  test(`${url} is read as Envoy reads it`, async (t) => {
    const asked: string[] = []
    await explain({ ...QUESTION, url }, gateway, async ({ service }) => {
      asked.push(service)
      return { allow: false, reason: 'revoked', detail: '' }
    })
    t.deepEqual(asked, ['echo'])
  })
}

test('a service on a host of its own is found there, and not at the issuer', async (t) => {
  const layout = readGateway({ BASE_DOMAIN: 'gw.localhost' }, '/nowhere')
  const statusAt = async (url: string): Promise<number> => {
    const denial: Decision = { allow: false, reason: 'expired', detail: '' }
    return (await explain({ ...QUESTION, url }, layout, async () => denial)).decision.status
  }
  t.is(await statusAt('http://echo.gw.localhost:8642/mcp'), 401)
  t.is(await statusAt('http://auth.gw.localhost:8642/mcp'), 404)
  t.is(await statusAt('http://nobody.gw.localhost:8642/mcp'), 421)
})

test('who gets in is told with everything passed', async (t) => {
  const identity = {
    userId: 'dev:alice',
    userName: 'alice',
    clientId: 'c',
    scopes: ['mcp'],
    grantId: 'g',
    tokenId: 't',
    expiresAt: 1,
  }
  const told = await explain(QUESTION, gateway, async () => ({
    allow: true,
    service: 'echo',
    identity,
  }))
  t.true(told.steps.every(({ outcome }) => outcome === 'passed'))
  t.like(told.decision, { allow: true, status: 200 })
  t.regex(told.decision.reason, /dev:alice/)
})

for (const [url, status] of [
  ['http://localhost:8642/', 404],
  ['http://localhost:8642/echo/mcp/', 404],
  ['http://localhost:8642/echo%3b/mcp', 404],
  ['https://localhost:8642/echo/mcp', 404],
  ['nonsense', 404],
  ['http://other.example/echo/mcp', 421],
  ['http://localhost:8643/echo/mcp', 421],
  ['http://localhost:8642/echo%2fmcp', 400],
  ['http://localhost:8642/echo%5Cmcp', 400],
  ['http://localhost:8642/echo%00/mcp', 400],
] as const) {
  test(`${url} is no address of an MCP server`, async (t) => {
    const told = await explain({ ...QUESTION, url }, gateway, () => t.fail() as never)
    t.like(told.decision, { allow: false, status })
    t.regex(told.steps[0]?.detail ?? '', /localhost:8642\/echo\/mcp/)
  })
}

const folder = mkdtempSync(join(tmpdir(), 'admin-'))
const socketPath = join(folder, 's')
const server = createAdminServer({
  metrics: async () => 'figures 1\n',
  isServing: () => true,
  explain: (question) =>
    explain(question, gateway, async () => ({
      allow: false,
      reason: 'expired',
      detail: 'long ago',
    })),
})
test.before(() => listenOnSocket(server, socketPath))
test.after.always(() => {
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function send(method: string, path: string, body?: string): Promise<[number, string]> {
  const { promise, resolve, reject } = Promise.withResolvers<[number, string]>()
  const headers = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
  const asking = request({ socketPath, method, path, headers }, (response) => {
    let text = ''
    response.on('data', (chunk) => {
      text += chunk
    })
    response.on('end', () => resolve([response.statusCode ?? 0, text]))
  })
  asking.on('error', reject)
  asking.end(body)
  return await promise
}

test('the socket of operators gives figures and explanations, and nothing else', async (t) => {
  t.deepEqual(await send('GET', '/metrics'), [200, 'figures 1\n'])
  const [status, text] = await send(
    'POST',
    '/explain',
    JSON.stringify({ ...QUESTION, method: 'GET' }),
  )
  t.is(status, 200)
  t.is(JSON.parse(text).decision.reason, 'expired: the access token has expired')
  t.is((await send('GET', '/explain'))[0], 404)
  t.is((await send('GET', '/metrics?x'))[0], 404)
})

for (const body of ['', 'rubbish', '{}', '{"url":1}', '{"url":"x","more":1}', 'x'.repeat(70_000)]) {
  test(`a question of ${body.length} characters that cannot be understood is told so: ${body.slice(0, 20)}`, async (t) => {
    const [status, text] = await send('POST', '/explain', body)
    t.is(status, 400)
    t.is(JSON.parse(text).error, 'invalid_request')
  })
}
