/** Services that come and go under a running authorization server: every endpoint knows those of now. */

import test from 'ava'
import { createDevice, DEVICE_CODE, openQuestion } from '../../support/device.ts'
import { createGuests, untilSo } from '../../support/guests.ts'
import { form } from '../../support/http.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { type OAuthServer, startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const NOTES = '  notes: { command: notes, description: Take notes, scopes: { write: Write } }\n'
const ONLY_ECHO =
  'mcpServers:\n' +
  ['everything', 'fetchs', 'filesystem', 'memory', 'sequentialthinking']
    .map((name) => `  ${name}: { enabled: false }\n`)
    .join('')
const NO_ECHO = `${ONLY_ECHO}  echo: { enabled: false }\n`
const MACHINE = `clients:
  nightly: { client_secret: "\${secret.NIGHTLY}", grant_types: [client_credentials], services: [echo] }
`
const SECRET = 'nightly-secret-0123456789'
const NIGHTLY: Fields = {
  authorization: `Basic ${Buffer.from(`nightly:${SECRET}`).toString('base64')}`,
}

interface Seen {
  readonly metadata: number
  readonly scopes: boolean
  readonly startPage: boolean
}

async function see({ send, issuer }: OAuthServer): Promise<Seen> {
  const url = `${issuer}/.well-known/oauth-protected-resource/notes/mcp`
  const metadata = await send({ url })
  const server = await send({ url: `${issuer}/.well-known/oauth-authorization-server` })
  const page = await send({ url: `${issuer}/`, headers: { accept: 'text/html' } })
  return {
    metadata: metadata.status,
    scopes: (server.json()['scopes_supported'] as string[]).includes('notes:write'),
    startPage: page.text.includes('Take notes'),
  }
}

test('a service that comes can be logged in for, one that goes is no resource any more', async (t) => {
  const server = await startOAuthServer({ configuration: ONLY_ECHO })
  t.teardown(server.stop)
  const { send, issuer } = server
  const guests = await createGuests(server)
  const echo = await guests.logIn({ username: 'alice' })
  t.deepEqual(await see(server), { metadata: 404, scopes: false, startPage: false })
  server.configure(ONLY_ECHO + NOTES)
  await untilSo(async () => (await see(server)).metadata === 200)
  t.deepEqual(await see(server), { metadata: 200, scopes: true, startPage: true })
  const notes = await guests.logIn({ username: 'alice', service: 'notes' })
  t.true(await guests.isActive(notes))

  // A page that asks for it stays open while it goes.
  const client = createOAuthClient(send, issuer)
  const person = createPerson(send)
  const resource = `${issuer}/notes/mcp`
  const page = await person.open(client.begin(guests.client.client_id, { resource }).url)
  t.regex(page.response.text, /notes/)
  server.configure(ONLY_ECHO)
  await untilSo(async () => (await see(server)).metadata === 404)
  t.deepEqual(await see(server), { metadata: 404, scopes: false, startPage: false })
  const late = await person.submit(page, { decision: 'approve', username: 'alice' })
  const told = new URL(late.headers.get('location') ?? '')
  t.is(told.searchParams.get('error'), 'invalid_target')
  t.is(told.searchParams.get('state'), 'a state')
  const answer = await person.open(client.begin(guests.client.client_id, { resource }).url)
  t.regex(answer.response.headers.get('location') ?? '', /[?&]error=invalid_target&/)

  t.is((await guests.refresh(echo)).status, 200)
  server.configure(ONLY_ECHO + NOTES)
  await untilSo(async () => (await see(server)).metadata === 200)
  t.is((await guests.refresh(notes)).status, 200, 'whoever had logged in need not do it again')
})

test('a device that waits for a service that goes is told so, and its person too', async (t) => {
  const server = await startOAuthServer({ configuration: ONLY_ECHO + NOTES })
  t.teardown(server.stop)
  const { send, issuer } = server
  const { client_id } = await createOAuthClient(send, issuer).register({
    grant_types: ['authorization_code', DEVICE_CODE],
  })
  const device = createDevice(send, issuer)
  const codes = await device.begin({ client_id, resource: `${issuer}/notes/mcp` })
  const person = createPerson(send)
  const page = await openQuestion(person, codes.verification_uri_complete)
  server.configure(ONLY_ECHO)
  await untilSo(async () => (await see(server)).metadata === 404)
  const answer = await person.submit(page, { username: 'alice' })
  t.is(answer.status, 400)
  t.regex(answer.text, /The service that your device asked for is not there any more/)
  t.is((await device.poll(codes.device_code, { client_id })).json()['error'], 'access_denied')
})

test('who enters the code of a device that waits for a service that went is asked nothing', async (t) => {
  const server = await startOAuthServer({ configuration: ONLY_ECHO + NOTES })
  t.teardown(server.stop)
  const { send, issuer } = server
  const { client_id } = await createOAuthClient(send, issuer).register({
    grant_types: ['authorization_code', DEVICE_CODE],
  })
  const device = createDevice(send, issuer)
  const codes = await device.begin({ client_id, resource: `${issuer}/notes/mcp` })
  const other = await device.begin({ client_id, resource: `${issuer}/echo/mcp` })
  server.configure(ONLY_ECHO)
  await untilSo(async () => (await see(server)).metadata === 404)
  const { response } = await createPerson(send).open(codes.verification_uri_complete)
  t.is(response.status, 400)
  t.regex(response.text, /The service that your device asked for is not there any more/)
  t.notRegex(response.text, /name="decision"/)
  t.is((await device.poll(codes.device_code, { client_id })).json()['error'], 'access_denied')
  const { response: asked } = await createPerson(send).open(other.verification_uri_complete)
  t.regex(asked.text, /name="decision"/)
})

test('a request that was pushed for a service that went is answered before anybody is asked', async (t) => {
  const server = await startOAuthServer({ configuration: ONLY_ECHO + NOTES })
  t.teardown(server.stop)
  const { send, issuer } = server
  const client = createOAuthClient(send, issuer)
  const { client_id } = await client.register()
  const { url } = client.begin(client_id, { resource: `${issuer}/notes/mcp` })
  const request = Object.fromEntries(new URL(url).searchParams)
  const pushed = await send({ ...form(request), url: `${issuer}/par` })
  const request_uri = String(pushed.json()['request_uri'])
  const open = async () =>
    await createPerson(send).open(
      `${issuer}/authorize?${new URLSearchParams({ client_id, request_uri })}`,
    )
  t.is((await open()).response.status, 200)
  server.configure(ONLY_ECHO)
  await untilSo(async () => (await see(server)).metadata === 404)
  const told = new URL((await open()).response.headers.get('location') ?? '').searchParams
  t.is(told.get('error'), 'invalid_target')
  t.is(told.get('state'), 'a state')
  server.configure(ONLY_ECHO + NOTES)
  await untilSo(async () => (await see(server)).metadata === 200)
  t.is((await open()).response.status, 200, 'nothing was used up')
})

test('a service comes with its rules, not before them', async (t) => {
  const server = await startOAuthServer({ configuration: ONLY_ECHO })
  t.teardown(server.stop)
  const guests = await createGuests(server)
  server.configure(
    `${ONLY_ECHO}${NOTES}access: { services: { notes: { users: ["dev:alice"] } } }\n`,
  )
  const outcomes: string[] = []
  await untilSo(async () => {
    const called = await guests
      .knock({ username: 'bob', service: 'notes' })
      .catch(() => new URL('none:?error=invalid_target'))
    const outcome = called.searchParams.get('error') ?? 'let in'
    if (outcomes.at(-1) !== outcome) outcomes.push(outcome)
    return outcome === 'access_denied'
  })
  t.deepEqual(outcomes, ['invalid_target', 'access_denied'])
  t.true((await guests.knock({ username: 'alice', service: 'notes' })).searchParams.has('code'))
})

test('the default is a service that there is', async (t) => {
  const server = await startOAuthServer({
    configuration: ONLY_ECHO,
    environment: { DEFAULT_SERVICE: 'echo' },
  })
  t.teardown(server.stop)
  const { send, issuer } = server
  const client = createOAuthClient(send, issuer)
  const { client_id } = await client.register()
  const asked = async (): Promise<boolean> => {
    const page = await createPerson(send).open(client.begin(client_id).url)
    return /name="service"/.test(page.response.text)
  }
  t.false(await asked())
  server.configure(`${NO_ECHO}${NOTES}  other: { command: other }\n`)
  await untilSo(asked)
  t.pass('whoever names none is asked')
})

test('a machine gets no token for a service that has gone', async (t) => {
  const server = await startOAuthServer({
    configuration: ONLY_ECHO + MACHINE,
    environment: { NIGHTLY: SECRET },
  })
  t.teardown(server.stop)
  const client = createOAuthClient(server.send, server.issuer)
  const ask = () => client.token({ grant_type: 'client_credentials' }, NIGHTLY)
  t.is((await ask()).status, 200)
  server.configure(NO_ECHO + NOTES)
  await untilSo(async () => (await ask()).status === 400)
  t.is((await ask()).json()['error'], 'invalid_target')
})
