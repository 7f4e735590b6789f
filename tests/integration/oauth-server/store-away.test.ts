import test from 'ava'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'
import { startValkey } from '../../support/valkey.ts'

test('without its store the server says 503 and never anything wrong', async (t) => {
  const valkey = await startValkey()
  const server = await startOAuthServer({ valkey })
  t.teardown(() => server.stop())
  const client = createOAuthClient(server.send, server.issuer)
  const { client_id } = await client.register()
  const { url } = client.begin(client_id, { resource: `${server.issuer}/echo/mcp` })
  const person = createPerson(server.send)
  const page = await person.open(url)
  t.is((await server.send({ url: `${server.issuer}/healthz` })).status, 200)
  await valkey.stop()
  const token = await client.token({ grant_type: 'refresh_token', refresh_token: 'x', client_id })
  const answers = {
    token,
    registration: await t.throwsAsync(client.register(), { message: /temporarily_unavailable/ }),
    health: await server.send({ url: `${server.issuer}/healthz` }),
    keys: await server.send({ url: `${server.issuer}/jwks` }),
    authorize: await server.send({ url }),
    consent: await person.submit(page, { username: 'alice' }),
  }
  for (const name of ['token', 'health', 'keys', 'authorize', 'consent'] as const) {
    t.is(answers[name].status, 503, name)
    t.truthy(answers[name].headers.get('retry-after'), name)
    t.is(answers[name].headers.get('location'), null, name)
    t.is(answers[name].headers.get('cache-control'), 'no-store', name)
  }
  t.is(token.json()['error'], 'temporarily_unavailable')
  t.deepEqual(Object.keys(token.json()), ['error', 'error_description'], 'nothing of the cause')
  t.notRegex(token.text, /redis|valkey|\.sock|ECONN|stack/i)
})

test('a second server of the same store serves what the first one began', async (t) => {
  const first = await startOAuthServer()
  t.teardown(() => first.stop())
  const second = await startOAuthServer({ valkey: first.valkey })
  t.teardown(() => second.stop())
  const keys = await Promise.all(
    [first, second].map(({ send, issuer }) => send({ url: `${issuer}/jwks` })),
  )
  t.is(keys[0]?.text, keys[1]?.text)
  const client = createOAuthClient(first.send, first.issuer)
  const { client_id } = await client.register()
  const { url, verifier } = client.begin(client_id, { resource: `${first.issuer}/echo/mcp` })
  const redirect = await createPerson(second.send).authorize(url, { username: 'alice' })
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: verifier,
    client_id,
  })
  t.is(answer.status, 200)
})

test('it starts nowhere but on this machine while only the dev provider exists', async (t) => {
  const environment = { PUBLIC_URL: 'https://gateway.example' }
  await t.throwsAsync(startOAuthServer({ environment }), {
    message: /no login provider is configured/,
  })
})

test('every fault of its environment is told at once', async (t) => {
  const environment = { OAUTH_SERVER_SECRET: 'short', SIGNING_ALGORITHM: 'HS256' }
  const error = await t.throwsAsync(startOAuthServer({ environment }))
  t.regex(error?.message ?? '', /OAUTH_SERVER_SECRET.*SIGNING_ALGORITHM/s)
})
