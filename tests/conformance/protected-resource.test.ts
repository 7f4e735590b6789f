import { createHmac, generateKeyPairSync } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { exportSPKI, importJWK, SignJWT } from 'jose'
import { startEdge } from '../support/edge.ts'
import { type RawAnswer, rawRequest } from '../support/raw-request.ts'
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
  t.is((await ask(token, ['Authorization', `Bearer ${token}`])).status, 401)
  t.is((await ask(undefined, ['Authorization', 'Bearer'])).status, 401)
  t.is((await ask(undefined, ['Authorization', `Bearer ${token} ${token}`])).status, 401)
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
    nothing: undefined,
  }
  for (const [name, aud] of Object.entries(others)) await refuses(t, name, await edge.mint({ aud }))
})

verifiesAlone('token-lifetime', async (t) => {
  const now = Math.floor(Date.now() / 1000)
  const rows: Record<string, Record<string, unknown>> = {
    expired: { exp: now - 60 },
    'no exp': { exp: undefined },
    'not yet valid': { nbf: now + 600 },
    'from the future': { iat: now + 600 },
    'a fraction': { iat: now - 0.5 },
  }
  for (const [name, claims] of Object.entries(rows)) await refuses(t, name, await edge.mint(claims))
})

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
  const good = await edge.mint()
  const [header = '', payload = '', signature = ''] = good.split('.')
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const publicKey = await importJWK(edge.publicJwk, 'ES256', { extractable: true })
  const pem = publicKey instanceof Uint8Array ? '' : await exportSPKI(publicKey)
  const hs256 = encode({ alg: 'HS256', kid: 'test-key', typ: 'at+jwt' })
  const hmac = createHmac('sha256', pem).update(`${hs256}.${payload}`).digest('base64url')
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const signed = (protectedHeader: object) =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', ...protectedHeader })
      .sign(foreign.privateKey)
  const rows: Record<string, string> = {
    none: `${encode({ alg: 'none', typ: 'at+jwt', kid: 'test-key' })}.${payload}.`,
    'public key as HMAC secret': `${hs256}.${payload}.${hmac}`,
    'another key under our kid': await signed({ kid: 'test-key' }),
    'unknown kid': await signed({ kid: 'other' }),
    'no kid': await signed({}),
    'key in the header': await signed({ jwk: foreign.publicKey.export({ format: 'jwk' }) }),
    'key address in the header': await signed({ jku: 'http://127.0.0.1:1/jwks' }),
    'claims exchanged': `${header}.${encode({ ...claims, sub: 'dev:root' })}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'five parts': `${good}.x.y`,
    'a megabyte': 'x'.repeat(9000),
  }
  for (const [name, token] of Object.entries(rows)) await refuses(t, name, token)
  t.is((await ask(good)).status, 200, 'the untouched token passes')
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
