import test from 'ava'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer()
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const OOB = 'urn:ietf:wg:oauth:2.0:oob'
const { client_id } = await client.register({ redirect_uris: [OOB] })
const WANTED = { redirect_uri: OOB, resource: `${issuer}/echo/mcp` }
test.after.always(() => server.stop())

test('the page says that a code will be shown, and warns', async (t) => {
  const { response } = await createPerson(send).open(client.begin(client_id, WANTED).url)
  t.is(response.status, 200)
  t.regex(response.text, /class="warning">The code will be shown/)
  t.true(response.text.includes('as a code to be copied into an application'))
  t.false(response.text.includes(OOB))
})

test('the decision ends on a page of ours with the code, which buys tokens', async (t) => {
  const attempt = client.begin(client_id, WANTED)
  const person = createPerson(send)
  const response = await person.submit(await person.open(attempt.url), { username: 'alice' })
  t.is(response.status, 200)
  t.is(response.headers.get('location'), null)
  t.is(response.headers.get('cache-control'), 'no-store')
  t.is(response.headers.get('x-frame-options'), 'DENY')
  t.regex(response.headers.get('content-security-policy') ?? '', /default-src 'none'/)
  const code = /<output class="copy">([\w-]{43})<\/output>/.exec(response.text)?.[1] ?? '?'
  t.false(server.lines.some((line) => line.includes(code)))
  const answer = await client.token({
    grant_type: 'authorization_code',
    code,
    code_verifier: attempt.verifier,
    redirect_uri: OOB,
    client_id,
  })
  t.is(answer.status, 200)
})

test('what went wrong stands on a page too', async (t) => {
  const person = createPerson(send)
  const page = await person.open(client.begin(client_id, WANTED).url)
  const denied = await person.submit(page, { decision: 'deny' })
  const faulty = await person.open(client.begin(client_id, { ...WANTED, code_challenge: '' }).url)
  for (const [answer, status, words] of [
    [denied, 403, 'access_denied'],
    [faulty.response, 400, 'PKCE is required'],
  ] as const) {
    t.is(answer.status, status)
    t.is(answer.headers.get('location'), null)
    t.true(answer.text.includes(words))
  }
})

test('it is asked each time: whoever reads the code is not known', async (t) => {
  const person = createPerson(send)
  const attempt = client.begin(client_id, WANTED)
  await person.submit(await person.open(attempt.url), { username: 'bob' })
  const again = await person.open(client.begin(client_id, WANTED).url)
  t.true(again.response.text.includes('name="decision"'))
  const silent = await person.open(client.begin(client_id, { ...WANTED, prompt: 'none' }).url)
  t.is(silent.response.status, 400)
  t.true(silent.response.text.includes('consent_required'))
})
