/** Who did what, by which request and from where: each deed at the authorization server, as the audit log has it. */

import test from 'ava'
import { type AuditRecord, lastAudit, matchesAudit } from '../../../lib/store/audit-record.ts'
import { form, type Send } from '../../support/http.ts'
import { devProvider, startLoginWorld } from '../../support/login-world.ts'
import { createOAuthClient, REDIRECT_URI } from '../../support/oauth-client.ts'
import { createTokenSource, readTokens } from '../../support/obtain-tokens.ts'
import { createPerson } from '../../support/person.ts'

const world = await startLoginWorld({
  providers: [devProvider],
  access: { admit: async ({ id }) => id !== 'dev:mallory' },
})
const { issuer, ports } = world
const redis = await world.valkey.connect()
let requestId = ''
/** As Envoy sends it on. */
const send: Send = ({ headers, ...request }) =>
  world.send({
    ...request,
    headers: {
      'x-request-id': requestId,
      'x-forwarded-for': '10.0.0.1, 203.0.113.77',
      ...headers,
    },
  })
const oauth = createOAuthClient(send, issuer)
const tokens = createTokenSource(send, issuer)

/** What was recorded of the requests of these deeds, in their order. */
async function recorded(name: string, deeds: () => Promise<unknown>): Promise<AuditRecord[]> {
  requestId = name
  await deeds()
  await ports.trail.flush()
  const found = await lastAudit(redis, 1000, matchesAudit({ request_id: name }))
  return found.map(({ record }) => record)
}

const client = await oauth.register({ client_name: 'Notes' })
const resource = `${issuer}/echo/mcp`
test.after.always(() => world.stop())

const shortly = ({ action, outcome, user }: AuditRecord): string =>
  [action, outcome, ...(user === undefined ? [] : [user])].join(' ')

test.serial('registration, login, consent and token, each with all there is to say', async (t) => {
  const own = await recorded('registering', () => oauth.register({ client_name: 'Drawings' }))
  t.is(own.length, 1)
  t.like(own[0], { action: 'registration/create', outcome: 'ok', target: 'Drawings' })
  const records = await recorded('logging-in', () => tokens.obtain(client))
  t.deepEqual(records.map(shortly), [
    'login/sign-in ok dev:alice',
    'consent/approve ok dev:alice',
    'token/authorization_code ok dev:alice',
  ])
  for (const record of records) {
    t.like(record, { room: 'oauth-server', address: '203.0.113.77', request_id: 'logging-in' })
    t.true(Math.abs(record.at - Date.now()) < 60_000)
  }
  t.deepEqual(records[0]?.details, { provider: 'dev' })
  for (const record of records.slice(1)) {
    t.like(record, { client_id: client.client_id, service: 'echo' })
  }
})

test.serial('what is refused says why, and who it was as far as that is known', async (t) => {
  const stranger = await recorded('refused-code', () =>
    oauth.token({ grant_type: 'authorization_code', code: 'x', client_id: client.client_id }),
  )
  t.deepEqual(stranger.map(shortly), ['token/authorization_code invalid_grant'])
  t.like(stranger[0], { client_id: client.client_id, details: { reason: 'unknown' } })
  const unknown = await recorded('refused-client', () =>
    oauth.token({ grant_type: 'urn:x:y', client_id: 'nobody' }),
  )
  t.deepEqual(unknown.map(shortly), ['token/unknown invalid_client'])
  const registration = await recorded('refused-registration', () =>
    send({
      url: `${issuer}/register`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"redirect_uris":["http://evil.example/"]}',
    }),
  )
  t.deepEqual(registration.map(shortly), ['registration/create invalid_redirect_uri'])
  const { url } = oauth.begin(client.client_id, { resource })
  const login = await recorded('refused-login', () =>
    createPerson(send).authorize(url, { username: 'mallory' }),
  )
  t.deepEqual(login.map(shortly), ['login/sign-in refused dev:mallory'])
  const denied = await recorded('denied', () =>
    createPerson(send).authorize(url, { decision: 'deny' }),
  )
  t.deepEqual(denied.map(shortly), ['consent/deny ok'])
  const refusals = await lastAudit(redis, 1000, matchesAudit({ kind: 'refusal' }))
  t.deepEqual(
    new Set(refusals.map(({ record }) => record.outcome)),
    new Set(['invalid_grant', 'invalid_client', 'invalid_redirect_uri', 'refused']),
  )
})

test.serial('refreshing, reusing and revoking', async (t) => {
  const first = await tokens.obtain(client)
  const [refreshed] = await recorded('refreshing', () =>
    tokens.refresh(client, first.refresh_token),
  )
  t.like(refreshed, { action: 'token/refresh_token', outcome: 'ok', user: 'dev:alice' })
  const second = readTokens(await tokens.refresh(client, first.refresh_token))
  const revoke = (token: string) =>
    send({ ...form({ token, client_id: client.client_id }), url: `${issuer}/revoke` })
  const ended = await recorded('revoking', async () => {
    await revoke(second.access_token)
    await revoke(second.refresh_token)
  })
  t.deepEqual(ended.map(shortly), [
    'revocation/token ok dev:alice',
    'revocation/grant ok dev:alice',
  ])
  const [late] = await recorded('late', () => tokens.refresh(client, second.refresh_token))
  t.like(late, { action: 'token/refresh_token', outcome: 'invalid_grant' })
})

test.serial('nothing that opens anything is in it', async (t) => {
  const fields = await tokens.approve(client)
  const obtained = readTokens(await oauth.token(fields))
  await ports.trail.flush()
  const text = JSON.stringify(await lastAudit(redis, 1000, () => true))
  t.true(text.includes('dev:alice'))
  for (const secret of [fields['code'], fields['code_verifier'], ...Object.values(obtained)]) {
    if (secret) t.false(text.includes(secret))
  }
  t.false(text.includes(REDIRECT_URI))
})

test.serial('each line of the log about a request names it', async (t) => {
  const from = world.lines.length
  await recorded('in-every-line', async () => {
    const replayed = await tokens.approve(client)
    await oauth.token(replayed)
    await oauth.token(replayed)
  })
  const lines = world.lines.slice(from).map((line) => JSON.parse(line) as Record<string, unknown>)
  t.true(lines.some(({ msg }) => msg === 'grant revoked'))
  t.deepEqual([...new Set(lines.map(({ request_id }) => request_id))], ['in-every-line'])
})

test.serial('strangers cannot push everything else out of it', async (t) => {
  const flood = await recorded('flood', async () => {
    for (let count = 0; count < 400; count += 1) {
      await oauth.token({ grant_type: 'authorization_code', code: 'x', client_id: 'nobody' })
    }
  })
  t.true(flood.length > 100 && flood.length < 380, String(flood.length))
  t.regex(await ports.figures.render(), /^mcp_gateway_audit_left_out_total [1-9]\d*$/m)
  const known = await recorded('after-the-flood', () => tokens.obtain(client))
  t.is(known.length, 3)
})
