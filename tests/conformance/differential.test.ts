import test from 'ava'
import {
  compare,
  post,
  type Row,
  type Side,
  toOurSide,
  toTheirSide,
} from '../support/both-sides.ts'
import { startOAuthServer } from '../support/oauth-server.ts'
import { startPeer } from '../support/peer.ts'
import { verifies } from '../support/verifies.ts'

const [server, peer] = await Promise.all([startOAuthServer(), startPeer()])
const sides = await Promise.all([toOurSide(server), toTheirSide(peer)])
test.after.always(async () => {
  peer.stop()
  await server.stop()
})

const UNKNOWN_CODE = {
  grant_type: 'authorization_code',
  code: 'x',
  redirect_uri: 'x',
  code_verifier: 'x'.repeat(43),
}
const basic = (id: string, secret = '') => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

type Spec = Pick<Row, 'differs' | 'because'>

const NO_CLIENT: Spec = {
  differs: { status: ['401', '400'], error: ['invalid_client', 'invalid_request'] },
  because:
    'RFC 6749 section 5.2 names a request without client authentication under invalid_client',
}
const OTHER_TYPE: Spec = {
  differs: { status: ['415', '400'] },
  because: 'RFC 9110 section 15.5.16: the media type is what is wrong',
}
const OTHER_METHOD: Spec = {
  differs: {
    status: ['405', '404'],
    error: ['invalid_request', 'none'],
    answer: ['application/json', 'text/plain'],
    cache: ['no-store', 'storable'],
  },
  because: 'RFC 9110 section 15.5.6: the path is there, the method is not',
}
const METADATA_CODE: Spec = {
  differs: { error: ['invalid_client_metadata', 'invalid_request'] },
  because: 'RFC 7591 section 3.2.2 has a code of its own for what cannot be read as metadata',
}
const DROPPED: Spec = {
  differs: { status: ['201', '400'], error: ['none', 'invalid_client_metadata'] },
  because:
    'RFC 7591 section 2 lets a server leave out what it does not know, and real clients need it',
}

/** A code exchange that is good but for these fields. */
const exchange = (
  name: string,
  change: (side: Side) => Record<string, string | undefined>,
  spec: Spec = {},
): Row => ({
  name,
  ask: async (side) => post(side, '/token', { ...(await side.getCode()), ...change(side) }),
  ...spec,
})

const refresh = (
  name: string,
  change: (side: Side) => Record<string, string | undefined>,
  spec: Spec = {},
): Row => ({
  name,
  ask: async (side) => {
    const { refresh_token } = await side.login()
    const good = { grant_type: 'refresh_token', client_id: side.plain.client_id }
    return post(side, '/token', { ...good, refresh_token: String(refresh_token), ...change(side) })
  },
  ...spec,
})

const token = (
  name: string,
  fields: (side: Side) => Record<string, string | undefined>,
  { headers, ...spec }: Spec & { headers?: (side: Side) => Record<string, string> } = {},
): Row => ({
  name,
  ask: (side) => post(side, '/token', fields(side), headers?.(side)),
  ...spec,
})

const idOf = ({ plain }: Side) => ({ client_id: plain.client_id })

const TOKEN: readonly Row[] = [
  token('an empty form', () => ({}), NO_CLIENT),
  {
    name: 'JSON',
    ask: ({ issuer, plain }) => ({
      url: `${issuer}/token`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...UNKNOWN_CODE, client_id: plain.client_id }),
    }),
    ...OTHER_TYPE,
  },
  { name: 'GET', ask: ({ issuer }) => ({ url: `${issuer}/token` }), ...OTHER_METHOD },
  token('no grant_type', idOf),
  token('an unknown grant_type', (side) => ({ ...idOf(side), grant_type: 'foo' })),
  token('password', (side) => ({
    ...idOf(side),
    grant_type: 'password',
    username: 'a',
    password: 'b',
  })),
  token('grant_type in capitals', (side) => ({
    ...idOf(side),
    ...UNKNOWN_CODE,
    grant_type: 'AUTHORIZATION_CODE',
  })),
  token('an unknown client', () => ({ ...UNKNOWN_CODE, client_id: 'unknown' })),
  token('no client', () => UNKNOWN_CODE, NO_CLIENT),
  token('a wrong secret by form', ({ confidential }) => ({
    ...UNKNOWN_CODE,
    client_id: confidential.client_id,
    client_secret: 'wrong',
  })),
  token('a wrong secret by Basic', () => UNKNOWN_CODE, {
    headers: ({ confidential }) => basic(confidential.client_id, 'wrong'),
  }),
  token('Basic without a colon', () => UNKNOWN_CODE, {
    headers: () => ({ authorization: `Basic ${Buffer.from('x').toString('base64')}` }),
    differs: { ...NO_CLIENT.differs, challenge: ['Basic', 'none'] },
    because: 'RFC 6749 section 5.2: who tries Basic and fails gets 401 and that scheme',
  }),
  token('an unknown client by Basic', () => UNKNOWN_CODE, { headers: () => basic('x', 'y') }),
  token(
    'Basic and form',
    ({ confidential }) => ({ ...UNKNOWN_CODE, client_secret: confidential.client_secret }),
    {
      headers: ({ confidential }) => basic(confidential.client_id, confidential.client_secret),
    },
  ),
  token('Basic and another client_id', (side) => ({ ...UNKNOWN_CODE, ...idOf(side) }), {
    headers: ({ confidential }) => basic(confidential.client_id, confidential.client_secret),
  }),
  token('a confidential client without its secret', ({ confidential }) => ({
    ...UNKNOWN_CODE,
    client_id: confidential.client_id,
  })),
  token('a public client with a secret', (side) => ({
    ...UNKNOWN_CODE,
    ...idOf(side),
    client_secret: 'x',
  })),
  token('no code', (side) => ({ ...UNKNOWN_CODE, ...idOf(side), code: undefined })),
  token('an unknown code', (side) => ({ ...UNKNOWN_CODE, ...idOf(side) })),
  {
    name: 'client_id twice',
    ask: (side) => {
      const request = post(side, '/token', { ...UNKNOWN_CODE, ...idOf(side) })
      return { ...request, body: `${request.body}&client_id=${side.plain.client_id}` }
    },
  },
  {
    name: 'code twice',
    ask: (side) => {
      const request = post(side, '/token', { ...UNKNOWN_CODE, ...idOf(side) })
      return { ...request, body: `${request.body}&code=y` }
    },
  },
  exchange('a wrong verifier', () => ({ code_verifier: 'x'.repeat(43) })),
  exchange('no verifier', () => ({ code_verifier: undefined })),
  exchange('a verifier of 42 characters', () => ({ code_verifier: 'x'.repeat(42) }), {
    differs: { error: ['invalid_grant', 'invalid_request'] },
    because:
      'RFC 7636 section 4.6: a verifier that cannot match is invalid_grant, and uses the code up',
  }),
  exchange('another redirect_uri', () => ({ redirect_uri: 'http://127.0.0.1:51235/callback' })),
  exchange('no redirect_uri', () => ({ redirect_uri: undefined }), {
    differs: { status: ['200', '400'], error: ['none', 'invalid_grant'] },
    because: 'OAuth 2.1 section 4.1.3 has none in the token request: PKCE binds the code',
  }),
  exchange('a code of another client', ({ other }) => ({ client_id: other.client_id })),
  exchange('another resource', ({ issuer }) => ({ resource: `${issuer}/memory/mcp` })),
  {
    name: 'a replayed code',
    ask: async (side) => {
      const request = post(side, '/token', await side.getCode())
      await side.send(request)
      return request
    },
  },
  token('no refresh token', (side) => ({ ...idOf(side), grant_type: 'refresh_token' })),
  token('an unknown refresh token', (side) => ({
    ...idOf(side),
    grant_type: 'refresh_token',
    refresh_token: 'x',
  })),
  refresh('a refresh token of another client', ({ other }) => ({ client_id: other.client_id })),
  refresh('a wider scope', () => ({ scope: 'mcp openid' }), {
    differs: { status: ['200', '400'], error: ['none', 'invalid_scope'] },
    because: 'it is narrowed: Codex repeats what it asked for, and would lose every login',
  }),
  refresh('another resource at refresh', ({ issuer }) => ({ resource: `${issuer}/memory/mcp` })),
  refresh('an unknown resource at refresh', () => ({ resource: 'https://evil.example/mcp' })),
  {
    name: 'a refresh token used twice at once',
    ask: async (side) => {
      const { refresh_token } = await side.login()
      const fields = { grant_type: 'refresh_token', refresh_token: String(refresh_token) }
      const request = post(side, '/token', { ...fields, ...idOf(side) })
      await side.send(request)
      return request
    },
    differs: { status: ['200', '400'], error: ['none', 'invalid_grant'] },
    because:
      'RFC 9700 section 4.14.2 leaves room for lost answers: within 30 s everybody gets one pair',
  },
]

const register = (name: string, document: unknown, spec: Spec = {}): Row => ({
  name,
  ask: ({ issuer }) => ({
    url: `${issuer}/register`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof document === 'string' ? document : JSON.stringify(document),
  }),
  ...spec,
})

const URIS = { redirect_uris: ['http://127.0.0.1/callback'], token_endpoint_auth_method: 'none' }
const REGISTER: readonly Row[] = [
  {
    name: 'a form',
    ask: (side) => post(side, '/register', { redirect_uris: 'https://app.example/cb' }),
    ...OTHER_TYPE,
  },
  register('broken JSON', '{', METADATA_CODE),
  register('a list', [], METADATA_CODE),
  register('no redirects', { token_endpoint_auth_method: 'none' }),
  register('an empty list of redirects', { ...URIS, redirect_uris: [] }),
  register('redirects as text', { ...URIS, redirect_uris: 'https://app.example/cb' }),
  register('a redirect with a fragment', { ...URIS, redirect_uris: ['https://app.example/cb#x'] }),
  register('a relative redirect', { ...URIS, redirect_uris: ['/cb'] }),
  register('a script', { ...URIS, redirect_uris: ['javascript:alert(1)'] }),
  register('http elsewhere', { ...URIS, redirect_uris: ['http://app.example/cb'] }),
  register('an unknown authentication', { ...URIS, token_endpoint_auth_method: 'foo' }),
  register(
    'an unknown grant type',
    { ...URIS, grant_types: ['authorization_code', 'foo'] },
    DROPPED,
  ),
  register('an unknown scope', { ...URIS, scope: 'foo' }, DROPPED),
  register('an empty scope', { ...URIS, scope: '' }, DROPPED),
  register('a name that is a number', { ...URIS, client_name: 1 }),
  register('a link that is a script', { ...URIS, client_uri: 'javascript:alert(1)' }),
  {
    name: 'GET of the registration',
    ask: ({ issuer }) => ({ url: `${issuer}/register` }),
    ...OTHER_METHOD,
  },
]

const authorize = (name: string, changes: Record<string, string>, spec: Spec = {}): Row => ({
  name,
  ask: (side) => ({ ...side.authorize(changes), headers: { accept: 'text/html' } }),
  ...spec,
})

const AUTHORIZE: readonly Row[] = [
  authorize('an unknown client at authorize', { client_id: 'unknown' }),
  authorize('no client at authorize', { client_id: '' }),
  authorize('an unregistered redirect', { redirect_uri: 'http://127.0.0.1:51234/other' }),
  authorize('a look-alike redirect', { redirect_uri: 'http://127.0.0.1.evil.example/callback' }),
  authorize('no response_type', { response_type: '' }),
  authorize(
    'token',
    { response_type: 'token' },
    {
      differs: {
        error: ['unsupported_response_type', 'none'],
        answer: ['redirect iss state', 'redirect by fragment'],
      },
      because:
        'OAuth 2.1 section 4.1.2.1: there is no implicit grant, and nothing travels in a fragment',
    },
  ),
  authorize(
    'an unknown response_mode',
    { response_mode: 'foo' },
    {
      differs: { error: ['invalid_request', 'unsupported_response_mode'] },
      because: 'RFC 6749 section 4.1.2.1 knows no other code for it',
    },
  ),
  authorize('no challenge', { code_challenge: '', code_challenge_method: '' }),
  authorize('plain', { code_challenge_method: 'plain' }),
  authorize('a challenge that is no digest', { code_challenge: 'x' }),
  authorize('an unknown resource', { resource: 'https://evil.example/mcp' }),
  authorize('a resource with a fragment', { resource: 'https://evil.example/mcp#x' }),
  authorize('a relative resource', { resource: 'foo' }),
  authorize('prompt none', { prompt: 'none' }),
  authorize('prompt none and another', { prompt: 'none login' }),
  authorize('a max_age that is none', { max_age: 'foo' }),
  {
    name: 'scope twice',
    ask: (side) => ({ ...side.authorize(), url: `${side.authorize().url}&scope=mcp` }),
  },
]

verifies('answers-as-a-certified-server', async (t) => {
  const rows = [...TOKEN, ...REGISTER, ...AUTHORIZE]
  t.is(new Set(rows.map(({ name }) => name)).size, rows.length)
  for (const row of rows) await compare(t, sides, row)
})
