import { createHash, randomBytes } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { decodeJwt } from 'jose'
import { startGateway } from '../support/gateway.ts'
import { knock } from '../support/gateway-logins.ts'
import { sendOverNetwork as send } from '../support/http.ts'
import type { Fields } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { type RawAnswer, rawRequest } from '../support/raw-request.ts'
import { verifies } from '../support/verifies.ts'
import {
  type ClientShape,
  CODEX_UNGRANTED,
  FASTMCP_2,
  GEMINI,
  MCP_USE,
  MCPORTER,
  OPENCODE,
  type ResourceWord,
  TODAY,
  USE_MCP,
  YESTERDAY,
} from './client-shapes.ts'

const gateway = await startGateway()
const issuer = gateway.url
const R = `${issuer}/echo/mcp`
const RESOURCES: Readonly<Record<ResourceWord, Fields>> = {
  R: { resource: R },
  O: { resource: issuer },
  none: {},
}
test.after.always(() => gateway.remove())

type Body = Readonly<Record<string, unknown>>

interface Registered {
  readonly id: string
  readonly secret: string | undefined
  readonly body: Body
}

const ask = (method: string, path: string, headers: Fields, body?: string): Promise<RawAnswer> =>
  rawRequest({
    port: gateway.port,
    method,
    path,
    headers: Object.entries(headers).flat(),
    ...(body === undefined ? {} : { body }),
  })

function parse(t: ExecutionContext, answer: RawAnswer, status: number, name: string): Body {
  t.is(answer.status, status, `${name}: ${answer.body}`)
  t.regex(String(answer.headers['content-type']), /^application\/json/, name)
  t.notRegex(answer.body, /:null[,}]/, `${name}: a null breaks parsers`)
  return JSON.parse(answer.body) as Body
}

async function discover(t: ExecutionContext, { name, discovery }: ClientShape): Promise<Body> {
  const path = '/.well-known/oauth-protected-resource/echo/mcp'
  const resource = parse(t, await ask('GET', path, discovery), 200, name)
  t.is(resource['resource'], R)
  t.deepEqual(resource['authorization_servers'], [issuer])
  const metadata = '/.well-known/oauth-authorization-server'
  const server = parse(t, await ask('GET', metadata, discovery), 200, name)
  t.is(server['issuer'], issuer)
  t.deepEqual(server['response_modes_supported'], ['query'])
  return server
}

/** The scope a client makes of what the metadata lists. */
function scopeOf(scope: string | undefined, metadata: Body): string {
  return scope === '*' ? (metadata['scopes_supported'] as string[]).join(' ') : (scope ?? '')
}

async function register(
  t: ExecutionContext,
  shape: ClientShape,
  metadata: Body,
): Promise<Registered> {
  const { name, registration, discovery, authentication } = shape
  const { scope } = registration as { scope?: string }
  const sent =
    scope === undefined ? registration : { ...registration, scope: scopeOf(scope, metadata) }
  const { Origin: origin } = discovery as { Origin?: string }
  const headers = {
    'Content-Type': 'application/json',
    ...(origin === undefined ? {} : { Origin: origin }),
  }
  const body = parse(t, await ask('POST', '/register', headers, JSON.stringify(sent)), 201, name)
  t.is(body['token_endpoint_auth_method'], authentication, name)
  t.deepEqual(
    (body['grant_types'] as string[]).filter(
      (type) => !/^(authorization_code|refresh_token)$/.test(type),
    ),
    [],
    'Python up to 1.12 knows no other',
  )
  const { client_id: id, client_secret: secret } = body as {
    client_id: string
    client_secret?: string
  }
  t.is(secret === undefined, authentication === 'none', name)
  return { id, secret, body }
}

interface Attempt {
  readonly url: string
  readonly verifier: string
}

function begin(shape: ClientShape, { id }: Registered, metadata: Body): Attempt {
  const verifier = randomBytes(32).toString('base64url')
  const params = {
    response_type: 'code',
    client_id: id,
    redirect_uri: shape.redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: shape.state ?? '',
    scope: scopeOf(shape.scope, metadata),
    prompt: shape.prompt ?? '',
    ...RESOURCES[shape.resource[0]],
  }
  const sent = Object.entries(params).filter(([, value]) => value !== '')
  return { url: `${issuer}/authorize?${new URLSearchParams(sent)}`, verifier }
}

/** The person approves, and chooses echo where there is a choice. */
async function approve(t: ExecutionContext, shape: ClientShape, { url }: Attempt): Promise<string> {
  const username = shape.name.replaceAll(/[^\w.]/g, '-')
  const redirect = await createPerson(send).authorize(url, { username, service: 'echo' })
  t.true(redirect.href.startsWith(`${shape.redirectUri}?`), shape.name)
  t.is(redirect.searchParams.get('state'), shape.state === '' ? null : (shape.state ?? null))
  t.is(redirect.searchParams.get('iss'), issuer)
  return redirect.searchParams.get('code') ?? ''
}

function askToken(
  shape: ClientShape,
  { id, secret = '' }: Registered,
  fields: Fields,
): Promise<RawAnswer> {
  const { authentication, discovery } = shape
  const { Origin: origin } = discovery as { Origin?: string }
  const basic = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)
  const byForm =
    authentication === 'none' ? { client_id: id } : { client_id: id, client_secret: secret }
  const isBasic = authentication === 'client_secret_basic'
  const headers = {
    'Content-Type': 'application/x-www-form-urlencoded',
    ...(isBasic ? { Authorization: `Basic ${basic.toString('base64')}` } : {}),
    ...(origin === undefined ? {} : { Origin: origin }),
  }
  const body = new URLSearchParams({ ...fields, ...(isBasic ? {} : byForm) })
  return ask('POST', '/token', headers, String(body))
}

function exchange(shape: ClientShape, held: Registered, code: string, { verifier }: Attempt) {
  return askToken(shape, held, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: shape.redirectUri,
    ...RESOURCES[shape.resource[1]],
  })
}

function refresh(shape: ClientShape, held: Registered, tokens: Body): Promise<RawAnswer> {
  return askToken(shape, held, {
    grant_type: 'refresh_token',
    refresh_token: String(tokens['refresh_token']),
    ...(shape.refreshScope === undefined ? {} : { scope: shape.refreshScope }),
    ...RESOURCES[shape.resource[2]],
  })
}

async function isGood(t: ExecutionContext, { name }: ClientShape, tokens: Body): Promise<void> {
  t.is(String(tokens['token_type']).toLowerCase(), 'bearer', name)
  t.is(typeof tokens['expires_in'], 'number', name)
  t.is(decodeJwt(String(tokens['access_token'])).aud, R, name)
  t.is((await knock(R, tokens['access_token'])).status, 200, name)
}

interface Login {
  readonly held: Registered
  readonly tokens: Body
  readonly metadata: Body
}

async function login(t: ExecutionContext, shape: ClientShape): Promise<Login> {
  const metadata = await discover(t, shape)
  const held = await register(t, shape, metadata)
  const attempt = begin(shape, held, metadata)
  const code = await approve(t, shape, attempt)
  const tokens = parse(t, await exchange(shape, held, code, attempt), 200, shape.name)
  await isGood(t, shape, tokens)
  return { held, tokens, metadata }
}

/** Twice, as a client that stays does. */
async function goOn(
  t: ExecutionContext,
  shape: ClientShape,
  { held, tokens }: Login,
): Promise<void> {
  let last = tokens
  for (let turn = 0; turn < 2; turn += 1) {
    const next = parse(t, await refresh(shape, held, last), 200, shape.name)
    t.not(next['refresh_token'], last['refresh_token'], shape.name)
    t.is(next['scope'], tokens['scope'], shape.name)
    await isGood(t, shape, next)
    last = next
  }
}

verifies('clients-of-today', async (t) => {
  for (const shape of TODAY) {
    const found = await login(t, shape)
    t.is(found.tokens['scope'], shape.granted, shape.name)
    await goOn(t, shape, found)
  }
})

verifies('clients-of-yesterday', async (t) => {
  for (const shape of YESTERDAY) {
    const found = await login(t, shape)
    const supported = found.metadata['scopes_supported'] as string[]
    const granted = String(found.tokens['scope']).split(' ')
    t.true(granted.includes('mcp'), shape.name)
    t.true(
      granted.every((scope) => supported.includes(scope)),
      'the client was told of it',
    )
    await goOn(t, shape, found)
  }
})

verifies('client-fetches-authorize-itself', async (t) => {
  for (const shape of [FASTMCP_2, ...TODAY.filter(({ name }) => name.startsWith('FastMCP'))]) {
    const metadata = await discover(t, shape)
    const held = await register(t, shape, metadata)
    const attempt = begin(shape, held, metadata)
    for (const headers of [{ accept: '*/*' }, {}, { accept: 'application/json' }]) {
      const { status } = await send({ url: attempt.url, headers })
      t.true([200, 302, 303, 307, 308].includes(status), `${shape.name}: ${status}`)
    }
    const code = await approve(t, shape, attempt)
    const tokens = parse(t, await exchange(shape, held, code, attempt), 200, shape.name)
    await goOn(t, shape, { held, tokens, metadata })
    // How it learns that it has to register again.
    const unknown = await send({ url: attempt.url.replace(held.id, 'A'.repeat(22)) })
    t.is(unknown.status, 400)
  }
})

verifies('client-names-the-origin', async (t) => {
  const found = await login(t, FASTMCP_2)
  t.is(found.tokens['scope'], FASTMCP_2.granted)
  await goOn(t, FASTMCP_2, found)
})

verifies('client-refreshes-with-more-scope', async (t) => {
  const found = await login(t, CODEX_UNGRANTED)
  t.is(found.tokens['scope'], CODEX_UNGRANTED.granted)
  await goOn(t, CODEX_UNGRANTED, found)
})

verifies('client-asks-for-every-scope', async (t) => {
  const found = await login(t, GEMINI)
  const supported = found.metadata['scopes_supported'] as string[]
  const general = supported.filter((scope) => !scope.includes(':'))
  const granted = String(found.tokens['scope']).split(' ')
  t.deepEqual(
    general.filter((scope) => !granted.includes(scope)),
    [],
  )
  t.true(granted.every((scope) => general.includes(scope) || scope.startsWith('echo:')))
  await goOn(t, GEMINI, found)
})

verifies('client-without-refresh', async (t) => {
  const { held, tokens } = await login(t, MCP_USE)
  t.deepEqual(held.body['grant_types'], ['authorization_code'])
  t.false('refresh_token' in tokens)
})

verifies('client-registers-twice', async (t) => {
  const metadata = await discover(t, OPENCODE)
  const both = [await register(t, OPENCODE, metadata), await register(t, OPENCODE, metadata)]
  t.not(both[0]?.id, both[1]?.id)
  for (const held of both.toReversed()) {
    const attempt = begin(OPENCODE, held, metadata)
    const code = await approve(t, OPENCODE, attempt)
    const tokens = parse(t, await exchange(OPENCODE, held, code, attempt), 200, OPENCODE.name)
    await goOn(t, OPENCODE, { held, tokens, metadata })
  }
})

verifies('client-registers-anew', async (t) => {
  const found = await login(t, MCPORTER)
  const anew = await register(t, MCPORTER, found.metadata)
  const refused = parse(t, await refresh(MCPORTER, anew, found.tokens), 400, MCPORTER.name)
  t.is(refused['error'], 'invalid_grant')
  await isGood(t, MCPORTER, found.tokens)
  await goOn(t, MCPORTER, found)
})

verifies('client-in-a-web-page', async (t) => {
  const origin = 'http://localhost:5173'
  const readable = async (path: string, method: string, names: string): Promise<void> => {
    const { status, headers } = await ask('OPTIONS', path, {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': names,
    })
    t.is(status, 204, path)
    t.true(['*', origin].includes(String(headers['access-control-allow-origin'])), path)
    const allowed = String(headers['access-control-allow-headers']).split(', ')
    for (const name of names.split(',')) t.true(allowed.includes(name), `${path} ${name}`)
  }
  await readable('/echo/mcp', 'POST', 'authorization,content-type,mcp-protocol-version')
  const PRM = '/.well-known/oauth-protected-resource/echo/mcp'
  for (const path of [PRM, '/.well-known/oauth-authorization-server']) {
    await readable(path, 'GET', 'mcp-protocol-version')
    const { headers } = await ask('GET', path, USE_MCP.discovery)
    t.is(headers['access-control-allow-origin'], '*', path)
  }
  await readable('/register', 'POST', 'content-type')
  await readable('/token', 'POST', 'content-type')
  const found = await login(t, USE_MCP)
  const refreshed = await refresh(USE_MCP, found.held, found.tokens)
  t.is(refreshed.headers['access-control-allow-origin'], '*')
  const challenged = await ask('POST', '/echo/mcp', { Origin: origin })
  t.is(challenged.status, 401)
  t.is(challenged.headers['access-control-allow-origin'], origin)
  t.regex(String(challenged.headers['access-control-expose-headers']), /www-authenticate/i)
})
