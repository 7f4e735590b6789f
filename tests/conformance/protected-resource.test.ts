import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { CompactSign, decodeJwt, SignJWT } from 'jose'
import { startEdge } from '../support/edge.ts'
import { forgeTokens } from '../support/forged-tokens.ts'
import { type RawAnswer, rawRequest } from '../support/raw-request.ts'
import { requestText, sendBytes } from '../support/raw-socket.ts'
import { verifiesAlone } from '../support/verifies.ts'

const edge = await startEdge()
test.after.always(() => edge.stop())

const CHALLENGE = `Bearer resource_metadata="${edge.issuer}/.well-known/oauth-protected-resource/echo/mcp", scope="mcp"`

function ask(token?: string, headers: readonly string[] = [], path = '/echo/mcp') {
  const bearer = token === undefined ? [] : ['Authorization', `Bearer ${token}`]
  return rawRequest({ port: edge.port, path, headers: [...bearer, ...headers] })
}

/** Refused for the token's own fault, and nothing got through. */
async function refuses(t: ExecutionContext, name: string, token: string): Promise<void> {
  const before = edge.reached.length
  const answer = await ask(token)
  t.is(answer.status, 401, name)
  t.regex(answer.headers['www-authenticate'] ?? '', /error="invalid_token"/, name)
  t.is(edge.reached.length, before, `${name}: nothing may reach the upstream`)
}

verifiesAlone('challenge-every-method', async (t) => {
  for (const method of ['POST', 'GET', 'HEAD', 'DELETE']) {
    const answer = await rawRequest({ port: edge.port, method, path: '/echo/mcp' })
    t.is(answer.status, 401, method)
    t.is(answer.headers['www-authenticate'], CHALLENGE, method)
  }
})

verifiesAlone('challenge-whatever-the-headers', async (t) => {
  const rows: [string, string[], string | undefined][] = [
    ['a body that is no JSON', ['Content-Type', 'text/plain'], '<x>'],
    ['an unknown version', ['MCP-Protocol-Version', '1900-01-01'], '{}'],
    ['an old version', ['MCP-Protocol-Version', '2024-11-05'], undefined],
    ['no acceptable answer', ['Accept', 'image/png'], '{}'],
  ]
  for (const [name, headers, body] of rows) {
    const answer = await rawRequest({
      port: edge.port,
      path: '/echo/mcp',
      headers,
      ...(body === undefined ? {} : { body }),
    })
    t.is(answer.status, 401, name)
    t.is(answer.headers['www-authenticate'], CHALLENGE, name)
  }
})

verifiesAlone('challenge-no-error-without-token', async (t) => {
  t.notRegex((await ask()).headers['www-authenticate'] ?? '', /error/)
  const other = await ask(undefined, ['Authorization', 'Basic YTpi'])
  t.is(other.headers['www-authenticate'], CHALLENGE)
  t.regex((await ask('garbage')).headers['www-authenticate'] ?? '', /error="invalid_token"/)
})

verifiesAlone('token-only-in-header', async (t) => {
  const token = await edge.mint()
  t.is((await ask(undefined, [], `/echo/mcp?access_token=${token}`)).status, 401)
  t.is((await ask(token)).status, 200)
  for (const other of [token, 'other']) {
    t.is((await ask(token, ['Authorization', `Bearer ${other}`])).status, 401)
  }
  t.is((await ask(undefined, ['Authorization', 'Bearer'])).status, 401)
  t.is((await ask(undefined, ['Authorization', `Bearer ${token} ${token}`])).status, 401)
  const before = edge.reached.length
  const bodies: [type: string, body: string][] = [
    ['application/x-www-form-urlencoded', `access_token=${token}`],
    [
      'application/json',
      JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'ping' },
        params: { _meta: { access_token: token, authorization: `Bearer ${token}` } },
      }),
    ],
  ]
  for (const [type, body] of bodies) {
    const headers = ['Content-Type', type]
    const answer = await rawRequest({ port: edge.port, path: '/echo/mcp', headers, body })
    t.is(answer.status, 401, type)
  }
  t.is(edge.reached.length, before)
})

verifiesAlone('token-in-every-request', async (t) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const authorization = `Bearer ${await edge.mint()}`
  const askOnIt = async (headers: Record<string, string>) => {
    const all = { host: `localhost:${edge.port}`, ...headers }
    const address = { host: '127.0.0.1', port: edge.port, path: '/echo/mcp', method: 'POST' }
    const sent = request({ ...address, agent, headers: all })
    sent.end()
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    await once(answer.resume(), 'end')
    return { status: answer.statusCode, isSame: sent.reusedSocket }
  }
  t.is((await askOnIt({ authorization })).status, 200)
  t.like(await askOnIt({}), { status: 401, isSame: true })
  t.like(await askOnIt({ 'mcp-session-id': 'x' }), { status: 401 })
})

verifiesAlone('token-scheme-case', async (t) => {
  const token = await edge.mint()
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    t.is((await ask(undefined, ['Authorization', `${scheme} ${token}`])).status, 200, scheme)
  }
})

verifiesAlone('token-audience', async (t) => {
  const resource = edge.resourceOf('echo')
  t.is((await ask(await edge.mint({ aud: resource }))).status, 200)
  const others: Record<string, unknown> = {
    'another service': edge.resourceOf('memory'),
    'the origin': edge.issuer,
    'a trailing slash': `${resource}/`,
    'a prefix': resource.slice(0, -1),
    'a list with ours': [resource, 'https://evil.example'],
    'a list of ours alone': [resource],
    'a part of it': new URL(resource).pathname,
    'a part that more follows': `${resource}x`,
    'its host': new URL(resource).host,
    'an object': { [resource]: true },
    'an object that reads like it': { toString: resource },
    nothing: undefined,
  }
  for (const [name, aud] of Object.entries(others)) await refuses(t, name, await edge.mint({ aud }))
  const token = await edge.mint()
  t.is((await ask(token)).status, 200)
  t.is((await ask(token, [], '/memory/mcp')).status, 401, 'also where it was verified just now')
})

verifiesAlone('token-lifetime', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const rows: Record<string, Record<string, unknown>> = {
    expired: { exp: now - 60 },
    'no exp': { exp: undefined },
    'not yet valid': { nbf: now + 600 },
    'from the future': { iat: now + 600 },
    'a fraction': { iat: now - 0.5 },
    'a fraction of exp': { exp: now + 600.5 },
    'exp as text': { exp: String(now + 600) },
    'exp below zero': { exp: -now },
    // What JSON has instead of NaN and of infinity.
    'no number': { exp: null },
    'expired by more than clocks may differ': { exp: now - 10 },
    'from later than clocks may differ': { iat: now + 40 },
  }
  for (const [name, claims] of Object.entries(rows)) await refuses(t, name, await edge.mint(claims))
  await refuses(t, 'exp beyond every number', await mintText('"exp":1e309'))
  for (const [name, claims] of Object.entries({
    'expired three seconds ago': { exp: now - 3 },
    'issued in three seconds': { iat: now + 3 },
    'valid in three seconds': { nbf: now + 3 },
    'issued by a clock half a minute ahead': { iat: now + 28, nbf: now + 28, exp: now + 628 },
  })) {
    t.is((await ask(await edge.mint(claims))).status, 200, `clocks may differ: ${name}`)
  }
})

/** A token of ours whose claims say `exp` in a way that no JSON writer has. */
async function mintText(exp: string): Promise<string> {
  const claims = JSON.stringify(decodeJwt(await edge.mint())).replace(/"exp":\d+/, exp)
  return await new CompactSign(Buffer.from(claims))
    .setProtectedHeader({ alg: 'ES256', kid: 'test-key', typ: 'at+jwt' })
    .sign(edge.privateKey)
}

verifiesAlone('token-type', async (t) => {
  for (const typ of ['JWT', 'logout+jwt', 'at+jwt2', undefined]) {
    await refuses(t, String(typ), await edge.mint({}, { typ }))
  }
})

verifiesAlone('token-issuer', async (t) => {
  for (const iss of ['http://localhost:1', `${edge.issuer}/`, undefined]) {
    await refuses(t, String(iss), await edge.mint({ iss }))
  }
})

verifiesAlone('token-signature', async (t) => {
  let lookedUp = 0
  const elsewhere = createServer((socket) => {
    lookedUp += 1
    socket.destroy()
  })
  await once(elsewhere.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => elsewhere.close())
  const { port } = elsewhere.address() as AddressInfo
  const good = await edge.mint()
  const forgeries = await forgeTokens({
    good,
    publicJwk: edge.publicJwk,
    elsewhere: `http://127.0.0.1:${port}`,
  })
  for (const [name, token] of Object.entries(forgeries)) await refuses(t, name, token)
  const critical = { crit: ['exp'], exp: 1 }
  const [, payload = '', signature = ''] = good.split('.')
  const header = { alg: 'ES256', kid: 'test-key', typ: 'at+jwt', ...critical }
  const unsigned = Buffer.from(JSON.stringify(header)).toString('base64url')
  await refuses(t, 'a critical extension, put in', `${unsigned}.${payload}.${signature}`)
  await refuses(t, 'a critical extension, signed by us', await mintCritical())
  t.is(lookedUp, 0, 'nobody looks for keys where a token says')
  t.is((await ask(good)).status, 200, 'the untouched token passes')
})

/** jose signs no extension that it does not know, unless it is told about it. */
async function mintCritical(): Promise<string> {
  return await new SignJWT(decodeJwt(await edge.mint()))
    .setProtectedHeader({ alg: 'ES256', kid: 'test-key', typ: 'at+jwt', crit: ['x'], x: 1 })
    .sign(edge.privateKey, { crit: { x: true } })
}

verifiesAlone('token-too-long', async (t) => {
  const before = edge.reached.length
  const good = await edge.mint()
  for (const token of [
    'x'.repeat(1_000_000),
    '.'.repeat(100_000),
    `${good}${'.x'.repeat(50_000)}`,
  ]) {
    const lines = ['POST /echo/mcp HTTP/1.1', `Host: localhost:${edge.port}`]
    const bytes = requestText(...lines, `Authorization: Bearer ${token}`)
    const startedAt = performance.now()
    const { status, closed } = await sendBytes(edge.port, bytes)
    // It may hang up while we still write.
    const isRefused = [401, 431].includes(status) || (status === 0 && closed)
    t.true(isRefused, `${token.length}: ${status}`)
    t.true(performance.now() - startedAt < 5000)
  }
  t.is(edge.reached.length, before)
  t.is((await ask(good)).status, 200, 'everybody else goes on')
})

verifiesAlone('token-scope', async (t) => {
  const answer = await ask(await edge.mint({ scope: 'openid offline_access' }))
  t.is(answer.status, 403)
  const challenge = answer.headers['www-authenticate'] ?? ''
  t.regex(challenge, /error="insufficient_scope"/)
  t.regex(challenge, /scope="openid offline_access mcp"/)
  t.regex(challenge, /resource_metadata="/)
})

verifiesAlone('revocation-token-grant-client-user', async (t) => {
  const until = Math.floor(Date.now() / 1000) + 3600
  const rows = [
    ['token', 'jti', 'jti-1'],
    ['grant', 'grant_id', '1700000000000-g'],
    ['client', 'client_id', 'client-r'],
    ['user', 'sub', 'dev:gone'],
  ] as const
  for (const [kind, claim, id] of rows) {
    const token = await edge.mint({ [claim]: id })
    t.is((await ask(token)).status, 200, `${kind} before`)
    await edge.revocations.revoke(kind, id, until)
    await refuses(t, `${kind} after`, token)
  }
})

verifiesAlone('origin-checked', async (t) => {
  const token = await edge.mint()
  const from = (origin: string, bearer: string | undefined = token): Promise<RawAnswer> =>
    ask(bearer, ['Origin', origin])
  for (const origin of [
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://localhost:1@evil.example',
    `https://evil.example/?${edge.issuer}`,
  ]) {
    t.is((await from(origin)).status, 403, origin)
  }
  const allowed = await from('http://localhost:6274')
  t.is(allowed.status, 200)
  t.is(allowed.headers['access-control-allow-origin'], 'http://localhost:6274')
  const refused = await rawRequest({
    port: edge.port,
    path: '/echo/mcp',
    headers: ['Origin', 'http://localhost:6274'],
  })
  t.is(refused.status, 401)
  t.is(refused.headers['access-control-allow-origin'], 'http://localhost:6274')
  t.regex(String(refused.headers['access-control-expose-headers']), /WWW-Authenticate/)
  for (const { headers } of [allowed, refused]) {
    t.is(headers['access-control-allow-credentials'], undefined, 'tokens are no credentials of it')
  }
})

verifiesAlone('origin-preflight', async (t) => {
  const preflight = (origin: string) =>
    rawRequest({
      port: edge.port,
      method: 'OPTIONS',
      path: '/echo/mcp',
      headers: ['Origin', origin, 'Access-Control-Request-Method', 'POST'],
    })
  const answer = await preflight('http://127.0.0.1:6274')
  t.is(answer.status, 204)
  t.is(answer.headers['access-control-allow-origin'], 'http://127.0.0.1:6274')
  const names = String(answer.headers['access-control-allow-headers']).split(', ')
  for (const name of [
    'authorization',
    'content-type',
    'mcp-protocol-version',
    'mcp-session-id',
    'mcp-method',
    'mcp-name',
    'last-event-id',
  ]) {
    t.true(names.includes(name), name)
  }
  t.is((await preflight('https://evil.example')).status, 403)
})
