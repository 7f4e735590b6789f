import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { decodeJwt } from 'jose'
import { createDevice, DEVICE_CODE, decide, enterCode, openQuestion } from '../support/device.ts'
import { startGateway } from '../support/gateway.ts'
import { sendByFetch } from '../support/http.ts'
import { onceRevoked } from '../support/mcp-call.ts'
import { createOAuthClient, type Fields } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { callText, connect, MemoryProvider } from '../support/sdk-client.ts'
import { loopbackFetch } from '../support/socket-fetch.ts'
import { verifies } from '../support/verifies.ts'

// All people of this file are at one address.
const gateway = await startGateway({ environment: { RATE_LIMIT_FACTOR: '10' } })
const { url: issuer } = gateway
const send = sendByFetch(loopbackFetch(gateway.port))
const device = createDevice(send, issuer)
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`
const GRANTS = ['authorization_code', 'refresh_token', DEVICE_CODE]
const TV = await client.register({ client_name: 'Television', grant_types: GRANTS })
const ME = { client_id: TV.client_id }
test.after.always(() => gateway.remove())

const begin = (fields: Fields = {}) => device.begin({ ...ME, resource: ECHO, ...fields })
const errorOf = async (code: string, fields: Fields = ME) =>
  (await device.poll(code, fields)).json()['error']
const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

/** What the edge says to a token. */
const ask = (token: unknown) => send({ url: ECHO, headers: { authorization: `Bearer ${token}` } })
const knock = async (token: unknown) => (await ask(token)).status
const knockOnceRevoked = async (token: unknown) => (await onceRevoked(() => ask(token))).status

/** What the service is told of whoever calls with these tokens. */
const whoami = async (tokens: Record<string, unknown>) => {
  const provider = new MemoryProvider()
  provider.saved = { access_token: String(tokens['access_token']), token_type: 'Bearer' }
  const nobody = { approve: () => Promise.reject(new Error('nobody is asked')) }
  const connection = await connect(ECHO, nobody, { provider })
  const text = await callText(connection.client, 'whoami')
  await connection.close()
  return text
}

verifies('device-metadata', async (t) => {
  const metadata = (await send({ url: `${issuer}/.well-known/oauth-authorization-server` })).json()
  t.is(metadata['device_authorization_endpoint'], `${issuer}/device_authorization`)
  t.true((metadata['grant_types_supported'] as string[]).includes(DEVICE_CODE))
  const codes = await begin()
  t.is(codes.verification_uri, `${issuer}/device`)
  t.is(codes.expires_in, 900)
  t.is(codes.interval, 5)
  t.is((await send({ url: codes.verification_uri })).status, 200)
})

verifies('device-client-id-opens', async (t) => {
  const { client_id, client_secret = '' } = await client.register({
    client_name: 'Installed client',
    grant_types: GRANTS,
    token_endpoint_auth_method: 'client_secret_post',
    scope: 'read write',
  })
  const codes = await device.begin({ client_id, scope: 'read write' })
  const person = createPerson(send)
  await decide(person, codes, { username: 'alice', service: 'echo' })
  const tokens = (await device.poll(codes.device_code, { client_id, client_secret })).json()
  t.regex(await whoami(tokens), /dev:alice/)
  const refreshed = await client.token(
    { grant_type: 'refresh_token', refresh_token: String(tokens['refresh_token']) },
    basic(client_id, client_secret),
  )
  t.is(refreshed.status, 200)
  t.is(await errorOf(codes.device_code, { client_id }), 'invalid_client')
})

verifies('device-grant-registered', async (t) => {
  const { client_id } = await client.register()
  const response = await device.ask({ client_id })
  t.is(response.status, 400)
  t.is(response.json()['error'], 'unauthorized_client')
  t.true(String(response.json()['error_description']).includes(DEVICE_CODE))
})

verifies('device-pending', async (t) => {
  const codes = await begin({ scope: 'mcp openid' })
  const pending = await device.poll(codes.device_code, ME)
  t.is(pending.status, 400)
  t.is(pending.json()['error'], 'authorization_pending')
  await decide(createPerson(send), codes, { username: 'bob' })
  const answer = (await device.poll(codes.device_code, ME)).json()
  t.is(decodeJwt(String(answer['id_token'])).sub, 'dev:bob')
  t.is(decodeJwt(String(answer['access_token'])).aud, ECHO)
  t.regex(await whoami(answer), /dev:bob/)
})

verifies('device-slow-down', async (t) => {
  const codes = await begin()
  t.is(await errorOf(codes.device_code), 'authorization_pending')
  t.is(await errorOf(codes.device_code), 'slow_down')
  // Longer than the interval that was told, shorter than the one that counts now.
  await sleep(6000)
  t.is(await errorOf(codes.device_code), 'slow_down')
  await decide(createPerson(send), codes, { username: 'alice' })
  t.is((await device.poll(codes.device_code, ME)).status, 200)
})

verifies('device-denied', async (t) => {
  const codes = await begin()
  await decide(createPerson(send), codes, { decision: 'deny' })
  for (let count = 0; count < 2; count += 1) {
    const poll = await device.poll(codes.device_code, ME)
    t.is(poll.status, 400)
    t.is(poll.json()['error'], 'access_denied')
  }
})

verifies('device-code-once', async (t) => {
  const codes = await begin()
  await decide(createPerson(send), codes, { username: 'alice' })
  const tokens = (await device.poll(codes.device_code, ME)).json()
  t.not(await knock(tokens['access_token']), 401)
  t.is(await errorOf(codes.device_code), 'invalid_grant')
  t.is(await knockOnceRevoked(tokens['access_token']), 401)

  const raced = await begin()
  await decide(createPerson(send), raced, { username: 'alice' })
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => device.poll(raced.device_code, ME)),
  )
  const [winner, ...others] = answers.filter(({ status }) => status === 200)
  t.truthy(winner, 'one of them gets tokens')
  t.deepEqual(others, [])
  t.is(await knockOnceRevoked(winner?.json()['access_token']), 401)
})

verifies('device-code-of-client', async (t) => {
  const other = await client.register({ grant_types: GRANTS })
  const codes = await begin()
  const them = { client_id: other.client_id }
  t.is(await errorOf(codes.device_code, them), 'invalid_grant')
  await decide(createPerson(send), codes, { username: 'alice' })
  t.is(await errorOf(codes.device_code, them), 'invalid_grant')
  t.is((await device.poll(codes.device_code, ME)).status, 200)
})

verifies('device-phishing', async (t) => {
  const forged = { 'x-forwarded-for': '198.51.100.66', forwarded: 'for=198.51.100.66' }
  const before = Date.now()
  const codes = await device.begin({ ...ME, resource: ECHO, scope: 'mcp offline_access' }, forged)
  const person = createPerson(send)
  await decide(person, await begin(), { username: 'victim' })
  for (const more of ['', '&decision=approve', '&decision=approve&username=victim&service=echo']) {
    const { response } = await openQuestion(person, codes.verification_uri_complete + more)
    for (const part of [
      'Television',
      `>${codes.user_code}<`,
      `<code>${ECHO}</code>`,
      'Use the service echo',
      'Keep this access while you are away',
      'started this yourself',
      'signed in as <strong>victim</strong>',
    ]) {
      t.true(response.text.includes(part), part)
    }
    // Envoy takes one of the machine's own addresses for what comes over loopback.
    const shown = /from the address<\/dt>\s*<dd><strong>([^<]+)</.exec(response.text)?.[1] ?? ''
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
    t.true(
      own.some(({ address }) => address === shown),
      shown,
    )
    t.false(response.text.includes('198.51.100.66'), 'what a caller writes is no address')
    const asked = Date.parse(/datetime="([^"]+)"/.exec(response.text)?.[1] ?? '')
    t.true(asked >= before - 1000 && asked <= Date.now())
    t.regex(response.headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
  }
  const page = await openQuestion(person, codes.verification_uri_complete)
  for (const decision of ['', 'yes', 'Approve']) {
    t.is((await person.post(page, { decision, username: 'victim' })).status, 400, decision)
  }
  t.is(await errorOf(codes.device_code), 'authorization_pending')
})

verifies('device-page-bound', async (t) => {
  const codes = await begin()
  const owner = createPerson(send)
  const page = await openQuestion(owner, codes.verification_uri_complete)
  const thief = createPerson(send)
  await thief.open(`${issuer}/device`)
  t.is((await thief.submit(page, { username: 'm' })).status, 403)
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  t.is((await owner.submit(page, { username: 'm' }, foreign)).status, 403)
  t.is(await errorOf(codes.device_code), 'authorization_pending')
  const both = await Promise.all([1, 2].map(() => owner.submit(page, { username: 'alice' })))
  t.deepEqual(both.map(({ status }) => status).sort(), [200, 403])
  t.is((await device.poll(codes.device_code, ME)).status, 200)
})

verifies('device-user-code-written-anyhow', async (t) => {
  const { user_code: code } = await begin()
  const person = createPerson(send)
  for (const typed of [code.toLowerCase(), code.replace('-', ''), ` ${code.replace('-', ' ')} `]) {
    const response = await enterCode(person, issuer, typed)
    t.true(response.text.includes(`>${code}<`), typed)
  }
  t.regex(code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/, 'no two look alike')
  // What looks like one of its letters stands in no code, and so can only mean that letter.
  const alikes = { Q: '0', L: '1', Z: '2', S: '5', G: '6', B: '8', V: 'U' } as const
  let seen = code
  while (!/[QLZSGBV]/.test(seen)) seen = (await begin()).user_code
  const misread = seen.replaceAll(/[QLZSGBV]/g, (letter) => alikes[letter as keyof typeof alikes])
  t.true((await enterCode(person, issuer, misread)).text.includes(`>${seen}<`), misread)
  for (const strange of ['A', 'E', 'Y', '3', '9']) {
    const response = await enterCode(person, issuer, strange + code.slice(1))
    t.is(response.status, 400, strange)
    t.false(response.text.includes(`>${code}<`), strange)
  }
})

verifies('device-user-code-used', async (t) => {
  for (const decision of ['approve', 'deny'] as const) {
    const codes = await begin()
    const person = createPerson(send)
    await decide(person, codes, { decision, username: 'alice' })
    t.is((await enterCode(person, issuer, codes.user_code)).status, 400)
    t.is((await person.open(codes.verification_uri_complete)).response.status, 400)
  }
})

verifies('device-service-chosen', async (t) => {
  const codes = await begin({ resource: '' })
  const person = createPerson(send)
  const page = await openQuestion(person, codes.verification_uri_complete)
  t.true(page.response.text.includes('For which service?'))
  await person.submit(page, { username: 'alice', service: 'memory' })
  const answer = (await device.poll(codes.device_code, ME)).json()
  t.is(decodeJwt(String(answer['access_token'])).aud, `${issuer}/memory/mcp`)
  t.is(await knock(answer['access_token']), 401, 'the token is for no other service')
  t.is(
    (await device.ask({ ...ME, resource: `${issuer}/nobody/mcp` })).json()['error'],
    'invalid_target',
  )
})
