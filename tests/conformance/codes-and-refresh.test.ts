import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { decodeJwt } from 'jose'
import { digest } from '../../lib/platform/seal.ts'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { startGateway } from '../support/gateway.ts'
import { createGatewayLogins, knock, type Tokens } from '../support/gateway-logins.ts'
import { form, type HttpResponse, sendOverNetwork as send } from '../support/http.ts'
import { onceRevoked } from '../support/mcp-call.ts'
import type { Fields, Registered } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { startValkey } from '../support/valkey.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const valkey = await startValkey({ persistent: true })
const gateway = await startGateway({
  asShipped: true,
  environment: { REDIS_URL: valkey.url },
})
const issuer = gateway.url
const logins = createGatewayLogins(issuer)
const { client, echo } = logins
const SECRETIVE = { token_endpoint_auth_method: 'client_secret_post' }
const [plain, other, confidential, otherConfidential] = await Promise.all([
  client.register(),
  client.register(),
  client.register(SECRETIVE),
  client.register(SECRETIVE),
])
test.after.always(async () => {
  await gateway.remove()
  await valkey.stop()
})

const credentials = ({ client_id, client_secret = '' }: Registered): Fields => ({
  client_id,
  client_secret,
})

function refuses(
  t: ExecutionContext,
  answer: HttpResponse,
  error: string,
  name: string,
  status = 400,
): void {
  t.is(`${answer.status} ${String(answer.json()['error'])}`, `${status} ${error}`, name)
  t.is(answer.headers.get('cache-control'), 'no-store', name)
}

/** Here and at the edge. */
async function isDead(t: ExecutionContext, held: Registered, all: Tokens[]): Promise<void> {
  for (const tokens of all) {
    const { status, challenge } = await onceRevoked(() => knock(echo, tokens['access_token']))
    t.is(status, 401)
    t.regex(challenge ?? '', /error="invalid_token"/)
  }
  for (const tokens of all) {
    refuses(t, await client.token(logins.refreshing(held, tokens)), 'invalid_grant', 'refresh')
  }
}

async function isAlive(t: ExecutionContext, held: Registered, tokens: Tokens): Promise<void> {
  t.is(await logins.call(tokens), 200)
  const refreshed = await client.token(logins.refreshing(held, tokens))
  t.is(refreshed.status, 200)
  t.is(await logins.call(refreshed.json()), 200)
}

verifiesAlone('store-restarted-mid-flow', async (t) => {
  const inTheEnd = async (ask: () => Promise<number>): Promise<void> => {
    const until = Date.now() + 15_000
    while ((await ask()) !== 200) {
      if (Date.now() > until) throw new Error('it does not serve again')
      await sleep(50)
    }
  }
  /** Asks while the store is away, brings it back, and asks the same again. */
  const withoutStore = async (ask: () => Promise<HttpResponse>): Promise<HttpResponse> => {
    await valkey.kill()
    const away = await ask()
    t.is(away.status, 503, away.text)
    t.true(Number(away.headers.get('retry-after')) > 0)
    t.is(away.headers.get('location'), null)
    t.is(away.headers.get('cache-control'), 'no-store')
    t.is(away.headers.get('x-content-type-options'), 'nosniff')
    const isPage = away.headers.get('content-type')?.startsWith('text/html') ?? false
    t.is(away.headers.has('content-security-policy'), isPage)
    t.is(away.headers.get('www-authenticate'), null, 'a challenge would end a good login')
    await valkey.restart()
    await inTheEnd(async () => (await send({ url: `${issuer}/healthz` })).status)
    // Of several processes one may find the store later than the one that has answered.
    const until = Date.now() + 15_000
    let answer = await ask()
    while (answer.status === 503 && Date.now() < until) {
      await sleep(50)
      answer = await ask()
    }
    return answer
  }
  const person = createPerson(send)
  const { url, verifier } = client.begin(plain.client_id, { resource: echo })
  t.is((await withoutStore(() => send({ url }))).status, 200)
  const page = await person.open(url)
  const decided = await withoutStore(() => person.submit(page, { username: 'alice' }))
  t.is(decided.status, 303)
  const code = new URL(decided.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const exchange = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const tokens = await withoutStore(() => client.token({ ...exchange, client_id: plain.client_id }))
  t.is(tokens.status, 200)
  const refreshed = await withoutStore(() => client.token(logins.refreshing(plain, tokens.json())))
  t.is(refreshed.status, 200)
  await inTheEnd(() => logins.call(refreshed.json()))
  await isAlive(t, plain, refreshed.json())
})

/** What introspection says of an access token to the client that has it. */
async function isActive(tokens: Tokens): Promise<unknown> {
  const sent = form({ token: String(tokens['access_token']), ...credentials(confidential) })
  return (await send({ ...sent, url: `${issuer}/introspect` })).json()['active']
}

verifies('code-replayed-kills-grant', async (t) => {
  for (const held of [plain, confidential]) {
    const exchange = await logins.getCode(held)
    const bought = (await client.token(exchange)).json()
    const newest = (await client.token(logins.refreshing(held, bought))).json()
    t.is(await logins.call(bought), 200)
    t.is(await logins.call(newest), 200)
    const isToBeSeen = held === confidential
    if (isToBeSeen) t.deepEqual([await isActive(bought), await isActive(newest)], [true, true])
    refuses(t, await client.token(exchange), 'invalid_grant', 'replay')
    await isDead(t, held, [bought, newest])
    if (isToBeSeen) t.deepEqual([await isActive(bought), await isActive(newest)], [false, false])
  }
})

verifies('code-of-another-client', async (t) => {
  for (const owner of [plain, confidential]) {
    for (const thief of [other, otherConfidential]) {
      const exchange = await logins.getCode(owner)
      const stolen = await client.token({ ...exchange, ...credentials(thief) })
      refuses(t, stolen, 'invalid_grant', 'the thief')
      refuses(t, await client.token(exchange), 'invalid_grant', 'the owner afterwards')
    }
  }
  // Who proves no client has used nothing up.
  const exchange = await logins.getCode(confidential)
  for (const [name, fields] of Object.entries({
    'no secret': { client_secret: '' },
    'a wrong secret': { client_secret: 'wrong' },
    'the secret of another': { client_secret: otherConfidential.client_secret ?? '' },
    'an unknown client': { client_id: 'unknown', client_secret: '' },
  })) {
    refuses(t, await client.token({ ...exchange, ...fields }), 'invalid_client', name, 401)
  }
  t.is((await client.token(exchange)).status, 200)
})

verifies('code-short-lived', async (t) => {
  const redis = await valkey.connect()
  const exchange = await logins.getCode(plain)
  const key = `code:${digest(exchange['code'] ?? '')}`
  const seconds = await redis.ttl(key)
  t.true(seconds > 50 && seconds <= 60, `${seconds} s`)
  t.is(await redis.pexpire(key, 1), 1)
  await sleep(20)
  refuses(t, await client.token(exchange), 'invalid_grant', 'expired')
})

verifies('code-of-an-ended-grant', async (t) => {
  const revocations = redisRevocations(await valkey.connect())
  const victim = createGatewayLogins(issuer, 'victim')
  const revoked = await client.register()
  const ofUser = await victim.getCode(plain)
  const ofClient = await logins.getCode(revoked)
  await revocations.revoke('user', 'dev:victim', 4_000_000_000)
  await revocations.revoke('client', revoked.client_id, 4_000_000_000)
  refuses(t, await client.token(ofUser), 'invalid_grant', 'the user')
  refuses(t, await client.token(ofClient), 'invalid_grant', 'the client')
})

/** Whatever is done to it: what was made is not what was sent. */
function alterations(text: string): string[] {
  const flip = (index: number): string =>
    text.slice(0, index) + (text[index] === 'A' ? 'B' : 'A') + text.slice(index + 1)
  const swapped = text.replaceAll(/[a-z]/gi, (sign) =>
    sign === sign.toUpperCase() ? sign.toLowerCase() : sign.toUpperCase(),
  )
  return [
    ...[`${text} `, ` ${text}`, `${text}\n`, `${text}\0`, `${text}%00`, `${text}=`, `${text}.`],
    ...[text.slice(1), text.slice(0, -1), text + text, flip(0), flip(20), swapped],
    ...[
      `${text.slice(0, 10)}*${text.slice(11)}`,
      `\ufeff${text}`,
      'x'.repeat(10_000),
      '*',
      '__proto__',
    ],
  ]
}

verifies('code-of-another-resource', async (t) => {
  for (const resource of [`${issuer}/memory/mcp`, 'https://evil.example/mcp', `${echo}#x`]) {
    const exchange = await logins.getCode(plain)
    const answer = await client.token({ ...exchange, resource })
    refuses(t, answer, 'invalid_target', resource)
    t.false('access_token' in answer.json())
  }
})

verifies('code-altered', async (t) => {
  const exchange = await logins.getCode(plain)
  for (const code of alterations(exchange['code'] ?? '')) {
    const answer = await client.token({ ...exchange, code })
    refuses(t, answer, 'invalid_grant', JSON.stringify(code.slice(0, 60)))
  }
  t.is((await client.token(exchange)).status, 200)
})

verifies('code-redirect-uri-bound', async (t) => {
  const uris = ['http://127.0.0.1/callback', 'http://localhost/callback', 'https://app.example/cb']
  const held = await client.register({ redirect_uris: uris })
  const changes = { redirect_uri: 'http://127.0.0.1:51234/callback' }
  for (const uri of [
    ...['http://127.0.0.1:51235/callback', 'http://127.0.0.1/callback', uris[2] ?? ''],
    ...['http://localhost:51234/callback', 'http://127.0.0.1:51234/callback/', 'x'],
    ...['http://127.0.0.1:51234/callback?', 'HTTP://127.0.0.1:51234/callback'],
  ]) {
    const exchange = await logins.getCode(held, changes)
    const answer = await client.token({ ...exchange, redirect_uri: uri })
    refuses(t, answer, 'invalid_grant', uri)
    refuses(t, await client.token(exchange), 'invalid_grant', `${uri}: used up`)
  }
  const exchange = await logins.getCode(held, changes)
  t.is(exchange['redirect_uri'], changes.redirect_uri)
  t.is((await client.token(exchange)).status, 200)
  const without = await logins.getCode(held, changes)
  t.is((await client.token({ ...without, redirect_uri: '' })).status, 200)
})

verifies('pkce-required', async (t) => {
  const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
  const rows: [string, Fields][] = [
    ['no challenge', { code_challenge: '' }],
    ['nothing of PKCE', { code_challenge: '', code_challenge_method: '' }],
    ['no method, which means plain', { code_challenge_method: '' }],
    ['plain', { code_challenge_method: 'plain' }],
    ['another case', { code_challenge_method: 's256' }],
    ['an unknown method', { code_challenge_method: 'S512' }],
    ['42 characters', { code_challenge: CHALLENGE.slice(1) }],
    ['44 characters', { code_challenge: `${CHALLENGE}A` }],
    ['padding', { code_challenge: `${CHALLENGE}=` }],
    ['base64 instead of base64url', { code_challenge: CHALLENGE.replaceAll('-', '+') }],
    ['NUL', { code_challenge: `${CHALLENGE.slice(1)}\0` }],
  ]
  for (const held of [plain, confidential]) {
    for (const [name, changes] of rows) {
      const { url } = client.begin(held.client_id, { resource: echo, ...changes })
      const location = (await send({ url })).headers.get('location')
      const { searchParams } = new URL(location ?? '')
      t.is(searchParams.get('error'), 'invalid_request', name)
      t.deepEqual(searchParams.getAll('iss'), [issuer], name)
      t.deepEqual(searchParams.getAll('state'), ['a state'], name)
      t.false(searchParams.has('code'), name)
    }
  }
})

verifies('pkce-first-failure-counts', async (t) => {
  const right = 'x'.repeat(43)
  for (const [name, verifier] of Object.entries({
    missing: '',
    wrong: right,
    '42 characters': right.slice(1),
    '129 characters': 'x'.repeat(129),
    'a sign that is not allowed': `${right.slice(1)}+`,
    'white space': `${right} `,
    NUL: `${right.slice(1)}\0`,
    unicode: `${right.slice(1)}é`,
    'as wide as the right one': 'é'.repeat(43),
  })) {
    for (const held of [plain, confidential]) {
      const exchange = await logins.getCode(held)
      const failed = await client.token({ ...exchange, code_verifier: verifier })
      refuses(t, failed, 'invalid_grant', name)
      refuses(t, await client.token(exchange), 'invalid_grant', `${name}: the right one then`)
    }
  }
  for (const weak of ['x'.repeat(42), 'x'.repeat(129), 'é'.repeat(43)]) {
    const exchange = await logins.getCode(plain, { code_challenge: digest(weak) })
    const sent = { ...exchange, code_verifier: weak }
    refuses(t, await client.token(sent), 'invalid_grant', `${weak}: also where it fits`)
  }
  const exchange = await logins.getCode(plain)
  const challenge = await logins.getCode(plain)
  const sent = { ...exchange, code_verifier: challenge['code_verifier'] ?? '' }
  refuses(t, await client.token(sent), 'invalid_grant', 'the verifier of another request')
})

verifies('refresh-rotates', async (t) => {
  for (const held of [plain, confidential]) {
    const all = [await logins.login(held)]
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = await client.token(logins.refreshing(held, all.at(-1) ?? {}))
      t.is(answer.status, 200)
      t.is(answer.headers.get('cache-control'), 'no-store')
      all.push(answer.json())
    }
    for (const name of ['access_token', 'refresh_token']) {
      t.is(new Set(all.map((tokens) => tokens[name])).size, all.length, name)
    }
    const grants = all.map((tokens) => decodeJwt(String(tokens['access_token']))['grant_id'])
    t.is(new Set(grants).size, 1)
    for (const tokens of all) t.is(await logins.call(tokens), 200)
  }
})

verifies('refresh-reuse-ends-the-family', async (t) => {
  const redis = await valkey.connect()
  for (const held of [plain, confidential]) {
    const first = await logins.login(held)
    const second = (await client.token(logins.refreshing(held, first))).json()
    const third = (await client.token(logins.refreshing(held, second))).json()
    // The grace is the life of the sealed answer.
    const [family = ''] = String(first['refresh_token']).split('.')
    const answers = `refresh:${digest(family)}:answer`
    t.true((await redis.pttl(`${answers}:1`)) <= 30_000)
    t.is(await redis.del(`${answers}:1`, `${answers}:2`), 2)
    refuses(t, await client.token(logins.refreshing(held, first)), 'invalid_grant', 'reuse')
    await isDead(t, held, [third, second, first])
    const told = gateway
      .output()
      .split('\n')
      .filter((line) => line.includes(held.client_id))
    t.true(told.some((line) => line.includes('refresh token reused')))
    const fresh = await logins.login(held)
    t.is(await logins.call(fresh), 200, 'another login of the same person and client lives')
  }
})

verifies('refresh-of-another-client', async (t) => {
  for (const owner of [plain, confidential]) {
    const tokens = await logins.login(owner)
    for (const thief of [other, otherConfidential]) {
      const stolen = await client.token(logins.refreshing(owner, tokens, credentials(thief)))
      refuses(t, stolen, 'invalid_grant', 'the thief')
    }
    await isAlive(t, owner, tokens)
  }
  const tokens = await logins.login(confidential)
  for (const client_secret of ['', 'wrong', otherConfidential.client_secret ?? '']) {
    const answer = await client.token(logins.refreshing(confidential, tokens, { client_secret }))
    refuses(t, answer, 'invalid_client', 'without the secret', 401)
  }
  await isAlive(t, confidential, tokens)
})

verifies('refresh-scope-never-wider', async (t) => {
  const granted = 'mcp offline_access'
  let tokens = await logins.login(plain, { scope: granted })
  t.is(tokens['scope'], granted)
  const scopeAfter = async (scope: string): Promise<string> => {
    const answer = await client.token(logins.refreshing(plain, tokens, { scope }))
    if (answer.status !== 200) {
      refuses(t, answer, 'invalid_scope', scope)
      return ''
    }
    tokens = answer.json()
    const claims = decodeJwt(String(tokens['access_token']))
    t.is(claims['scope'], tokens['scope'], scope)
    return String(tokens['scope'])
  }
  t.is(await scopeAfter('mcp'), 'mcp')
  t.is(await scopeAfter('mcp openid profile offline_access echo:admin *'), granted)
  t.is(await scopeAfter(''), granted, 'the grant is as wide as before')
  for (const scope of ['openid', 'unheard', 'MCP', 'mcp\topenid', 'mcp,openid']) {
    const words = (await scopeAfter(scope)).split(' ').filter((word) => word !== '')
    t.true(
      words.every((word) => granted.split(' ').includes(word)),
      scope,
    )
  }
  await isAlive(t, plain, tokens)
})

verifies('refresh-other-resource', async (t) => {
  let tokens = await logins.login(plain)
  for (const resource of [
    ...[`${issuer}/memory/mcp`, `${issuer}/unknown/mcp`, 'https://evil.example/mcp', 'foo'],
    ...[
      `${echo}#x`,
      `${echo}?x`,
      `${echo}//`,
      `${issuer}@evil.example/echo/mcp`,
      echo.toUpperCase(),
    ],
  ]) {
    const answer = await client.token(logins.refreshing(plain, tokens, { resource }))
    refuses(t, answer, 'invalid_target', resource)
  }
  for (const resource of [
    echo,
    `${echo}/`,
    issuer,
    `${issuer}/`,
    '',
    echo.replace('http', 'HTTP'),
  ]) {
    const answer = await client.token(logins.refreshing(plain, tokens, { resource }))
    t.is(answer.status, 200, resource)
    tokens = answer.json()
    t.is(decodeJwt(String(tokens['access_token'])).aud, echo, resource)
  }
  await isAlive(t, plain, tokens)
})

verifies('refresh-token-altered', async (t) => {
  const first = await logins.login(plain)
  const tokens = (await client.token(logins.refreshing(plain, first))).json()
  const [family = '', generation = '', proof = ''] = String(tokens['refresh_token']).split('.')
  t.is(generation, '2')
  const [, , oldProof = ''] = String(first['refresh_token']).split('.')
  const numbers = ['1', '3', '0', '02', '2.0', '-2', '+2', '2e0', '999999999', '9'.repeat(30), '']
  const rows = [
    ...alterations(String(tokens['refresh_token'])),
    ...numbers.map((number) => `${family}.${number}.${proof}`),
    ...[
      `${family}.2.${oldProof}`,
      `${family}.3.${oldProof}`,
      `${family}.2`,
      `${family}.2.`,
      family,
    ],
    ...[
      `${family}..${proof}`,
      `.2.${proof}`,
      `${'A'.repeat(43)}.2.${proof}`,
      `${family}.2.${proof}.2`,
    ],
    `${family}.2.${'A'.repeat(43)}`,
  ]
  for (const refresh_token of rows) {
    const answer = await client.token(logins.refreshing(plain, tokens, { refresh_token }))
    refuses(t, answer, 'invalid_grant', refresh_token.slice(-70))
  }
  await isAlive(t, plain, tokens)
})

verifies('tokens-not-interchangeable', async (t) => {
  const exchange = await logins.getCode(plain, { scope: 'openid mcp' })
  const unused = await logins.getCode(plain)
  const tokens = (await client.token(exchange)).json()
  const kinds: Fields = {
    'access token': String(tokens['access_token']),
    'refresh token': String(tokens['refresh_token']),
    'ID token': String(tokens['id_token']),
    code: unused['code'] ?? '',
  }
  t.is(decodeJwt(kinds['ID token'] ?? '').iss, issuer)
  for (const [name, text] of Object.entries(kinds)) {
    if (name !== 'access token') {
      const { status, challenge } = await knock(echo, text)
      t.is(status, 401, name)
      t.regex(challenge ?? '', /error="invalid_token"/)
    }
    if (name !== 'refresh token') {
      const fields = logins.refreshing(plain, tokens, { refresh_token: text })
      refuses(t, await client.token(fields), 'invalid_grant', `${name} as refresh token`)
    }
    if (name !== 'code') {
      const answer = await client.token({ ...unused, code: text })
      refuses(t, answer, 'invalid_grant', `${name} as code`)
    }
  }
  t.is((await client.token(unused)).status, 200)
  await isAlive(t, plain, tokens)
})
