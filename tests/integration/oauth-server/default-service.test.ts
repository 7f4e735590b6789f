import test from 'ava'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer({ environment: { DEFAULT_SERVICE: 'memory' } })
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const { client_id } = await client.register()
test.after.always(() => server.stop())

test('who names no service means the default, and there is no choice', async (t) => {
  for (const resource of ['', issuer, `${issuer}/`]) {
    const { response } = await createPerson(send).open(client.begin(client_id, { resource }).url)
    t.true(response.text.includes(`<code>${issuer}/memory/mcp</code>`))
    t.notRegex(response.text, /type="radio"/)
  }
})

test('at the token endpoint the origin means whatever was granted', async (t) => {
  const attempt = client.begin(client_id, { resource: `${issuer}/echo/mcp` })
  const redirect = await createPerson(send).authorize(attempt.url, { username: 'alice' })
  const first = await client.token({
    grant_type: 'authorization_code',
    code: redirect.searchParams.get('code') ?? '',
    code_verifier: attempt.verifier,
    client_id,
    resource: issuer,
  })
  t.is(first.status, 200)
  const refreshing = {
    grant_type: 'refresh_token',
    refresh_token: String(first.json()['refresh_token']),
    client_id,
  }
  const other = await client.token({ ...refreshing, resource: `${issuer}/memory/mcp` })
  t.is(other.json()['error'], 'invalid_target')
  t.is((await client.token({ ...refreshing, resource: `${issuer}/` })).status, 200)
})

test('a default that is not served is refused at start, with the names that are', async (t) => {
  await t.throwsAsync(startOAuthServer({ environment: { DEFAULT_SERVICE: 'nobody' } }), {
    message: /DEFAULT_SERVICE must be one of echo, .*, not .*nobody/,
  })
})
