import test, { type ExecutionContext } from 'ava'
import type { RemoteOauth } from '../../../../lib/catalogue/remote-launch.ts'
import { AccessTokens } from '../../../../mcp-bridge/remote/access-tokens.ts'
import { Connections } from '../../../../mcp-bridge/remote/connections.ts'
import { readBody, serveHttp } from '../../../support/remote-servers.ts'

interface Told {
  readonly status?: number
  readonly body: unknown
}

async function world(
  t: ExecutionContext,
  told: (count: number) => Told,
  more: Partial<RemoteOauth> = {},
  secret: string | undefined = 'a secret: 100%',
) {
  const asked: { form: URLSearchParams; authorization: string | undefined }[] = []
  const server = await serveHttp(async (request, response) => {
    const form = new URLSearchParams(await readBody(request))
    asked.push({ form, authorization: request.headers.authorization })
    const { status = 200, body } = told(asked.length)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }, '/token')
  t.teardown(() => server.stop())
  const connections = new Connections(new URL(server.url), { privateAddresses: false })
  t.teardown(() => connections.close())
  let now = 0
  const oauth: RemoteOauth = {
    tokenUrl: server.url,
    clientId: 'gate way',
    secretName: 'DOCS_SECRET',
    scope: undefined,
    resource: undefined,
    authentication: 'basic',
    ...more,
  }
  const clientSecret = () => secret
  const clock = () => now
  const tokens = new AccessTokens({ service: 'docs', oauth, clientSecret, connections, clock })
  return { tokens, asked, pass: (ms: number) => (now += ms) }
}

const bearer = (count: number, expires = 3600): Told => ({
  body: { access_token: `token-${count}`, token_type: 'Bearer', expires_in: expires },
})

test('one request for all who wait, kept until shortly before its end', async (t) => {
  const { tokens, asked, pass } = await world(t, bearer)
  const all = await Promise.all(Array.from({ length: 20 }, () => tokens.get()))
  t.deepEqual(new Set(all), new Set(['token-1']))
  t.is(asked.length, 1)
  pass(3_539_000)
  t.is(await tokens.get(), 'token-1')
  pass(2000)
  t.is(await tokens.get(), 'token-2')
})

test('the credentials travel encoded as in a form, in the header', async (t) => {
  const { tokens, asked } = await world(t, bearer, { scope: 'a b', resource: 'https://x.example' })
  await tokens.get()
  const [first] = asked
  const pair = Buffer.from(first?.authorization?.replace('Basic ', '') ?? '', 'base64').toString()
  t.is(pair, 'gate+way:a+secret%3A+100%25')
  t.deepEqual(Object.fromEntries(first?.form ?? []), {
    grant_type: 'client_credentials',
    scope: 'a b',
    resource: 'https://x.example',
  })
})

test('or in the body', async (t) => {
  const { tokens, asked } = await world(t, bearer, { authentication: 'post' })
  await tokens.get()
  t.is(asked[0]?.authorization, undefined)
  t.is(asked[0]?.form.get('client_secret'), 'a secret: 100%')
})

test('one that is not taken is fetched anew; one of before is none of its business', async (t) => {
  const { tokens } = await world(t, bearer)
  const first = await tokens.get()
  tokens.forget(first)
  t.is(await tokens.get(), 'token-2')
  tokens.forget(first)
  t.is(await tokens.get(), 'token-2')
})

test('a refusal is told in words, and not asked for again at once', async (t) => {
  const { tokens, asked, pass } = await world(t, (count) =>
    count === 1
      ? { status: 401, body: { error: 'invalid_client', error_description: 'of theirs' } }
      : bearer(count),
  )
  const message =
    'the service docs: its authorization server refuses the gateway (401, invalid_client): ' +
    'the operator must check oauth of this service'
  await t.throwsAsync(tokens.get(), { message })
  await t.throwsAsync(tokens.get(), { message })
  t.is(asked.length, 1)
  pass(5000)
  t.is(await tokens.get(), 'token-2')
})

for (const [what, body] of [
  ['no token', {}],
  ['another kind of token', { access_token: 'x', token_type: 'mac' }],
  ['a token with a line break', { access_token: 'x\r\ny: z', token_type: 'bearer' }],
  ['no JSON', '<html>'],
] as const) {
  test(`${what} is no answer`, async (t) => {
    const { tokens } = await world(t, () => ({ body }))
    await t.throwsAsync(tokens.get(), { message: /does not answer with a bearer token/ })
  })
}

test('without its secret nobody is asked', async (t) => {
  const { tokens, asked } = await world(t, bearer, {}, '')
  await t.throwsAsync(tokens.get(), { message: /the operator must set DOCS_SECRET/ })
  t.is(asked.length, 0)
})

test('a clock that is put back keeps neither a token nor a refusal for longer', async (t) => {
  const told = (count: number) => (count === 1 ? { status: 500, body: {} } : bearer(count))
  const { tokens, pass } = await world(t, told)
  await t.throwsAsync(tokens.get())
  pass(-600_000)
  t.is(await tokens.get(), 'token-2')
  pass(-600_000)
  t.is(await tokens.get(), 'token-3')
})
