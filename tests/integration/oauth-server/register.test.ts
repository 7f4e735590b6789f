import test from 'ava'
import { startOAuthServer } from '../../support/oauth-server.ts'

const server = await startOAuthServer()
test.after.always(() => server.stop())
const { send, issuer } = server
const REDIRECTS = { redirect_uris: ['http://localhost/callback'] }

const register = (document: unknown, type = 'application/json') =>
  send({
    url: `${issuer}/register`,
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof document === 'string' ? document : JSON.stringify(document),
  })

const accepts = test.macro({
  async exec(t, document: object, expected: object) {
    const response = await register({ ...REDIRECTS, ...document })
    t.is(response.status, 201, response.text)
    t.is(response.headers.get('cache-control'), 'no-store')
    t.is(response.headers.get('access-control-allow-origin'), '*')
    t.notRegex(response.text, /null|\[\]/)
    const found = response.json()
    t.like(found, { client_id: found['client_id'], ...expected })
    const hasCode = (found['grant_types'] as string[]).includes('authorization_code')
    t.deepEqual(found['response_types'], hasCode ? ['code'] : undefined)
    t.regex(String(found['registration_access_token']), /^[\w-]{43}$/)
    t.is(found['registration_client_uri'], `${issuer}/register/${found['client_id']}`)
    t.is(typeof found['client_id_issued_at'], 'number')
    const hasSecret = String(found['token_endpoint_auth_method']).startsWith('client_secret')
    t.is('client_secret' in found, hasSecret)
    t.is(found['client_secret_expires_at'], hasSecret ? 0 : undefined)
  },
  title: (name = '') => `registers ${name}`,
})

const BOTH = ['authorization_code', 'refresh_token']
test(
  'the bare minimum',
  accepts,
  {},
  {
    ...REDIRECTS,
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: BOTH,
  },
)
for (const token_endpoint_auth_method of ['none', 'client_secret_post', 'client_secret_basic']) {
  const method = { token_endpoint_auth_method }
  test(`method ${token_endpoint_auth_method}`, accepts, method, method)
}
test(
  'only authorization_code',
  accepts,
  { grant_types: ['authorization_code'] },
  { grant_types: ['authorization_code'] },
)
test(
  'unknown grants, which are dropped',
  accepts,
  { grant_types: [...BOTH, 'implicit', 'urn:ietf:params:oauth:grant-type:jwt-bearer'] },
  { grant_types: BOTH },
)
test(
  'client_credentials, which is the operator’s',
  accepts,
  {
    grant_types: ['client_credentials', 'authorization_code'],
  },
  { grant_types: ['authorization_code'] },
)
test('an empty list of grants', accepts, { grant_types: [] }, { grant_types: BOTH })
test(
  'refresh alone, which comes with the code',
  accepts,
  { grant_types: ['refresh_token'] },
  {
    grant_types: BOTH,
  },
)
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'
test(
  'a device beside a code',
  accepts,
  { grant_types: [DEVICE, ...BOTH] },
  {
    grant_types: [...BOTH, DEVICE],
  },
)
test(
  'a device without a redirect',
  accepts,
  { redirect_uris: undefined, grant_types: [DEVICE] },
  {
    redirect_uris: undefined,
    grant_types: [DEVICE],
  },
)
test('unknown response types', accepts, { response_types: ['code', 'token id_token'] }, {})
const OOB = { redirect_uris: ['urn:ietf:wg:oauth:2.0:oob'] }
test('out of band', accepts, OOB, OOB)
const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: '1' }
const BY_KEY = { token_endpoint_auth_method: 'private_key_jwt' }
test('a key', accepts, { ...BY_KEY, jwks: { keys: [KEY] } }, { ...BY_KEY, jwks: { keys: [KEY] } })
const KEY_URI = { ...BY_KEY, jwks_uri: 'https://app.example/jwks.json' }
test('the address of keys', accepts, KEY_URI, KEY_URI)
test(
  'scopes, of which the known are kept',
  accepts,
  { scope: 'mcp offline_access read' },
  { scope: 'mcp offline_access' },
)
test('an empty scope', accepts, { scope: '' }, {})
test('an unknown scope', accepts, { scope: 'read write' }, {})
test(
  'unknown members',
  accepts,
  { resource: issuer, code_challenge_method: 'S256', software_statement: 'x', foo: 1 },
  {},
)
test(
  'nulls and empty texts',
  accepts,
  { client_uri: null, logo_uri: '', contacts: null, scope: null, client_name: null },
  {},
)
for (const application_type of ['native', 'web']) {
  test(
    `application_type ${application_type} with a loopback redirect`,
    accepts,
    { application_type },
    { application_type },
  )
}
const Cursor = [
  'cursor://anysphere.cursor-mcp/oauth/callback',
  'https://www.cursor.com/agents/mcp/oauth/callback',
  'http://localhost:8787/callback',
]
test(
  'several redirects of all kinds',
  accepts,
  { redirect_uris: Cursor },
  { redirect_uris: Cursor },
)
test(
  'what a client says about itself, without what would rewrite a page',
  accepts,
  {
    client_name: ' A\u202Eb\u0000c ',
    client_uri: 'https://a.example',
    software_id: 'i',
    contacts: ['a@b'],
  },
  { client_name: 'Abc', client_uri: 'https://a.example', software_id: 'i', contacts: ['a@b'] },
)

test('of a key remains what it is verified with and chosen by', async (t) => {
  const more = { use: 'sig', alg: 'ES256', key_ops: ['verify'] }
  const noise = { x5c: ['a'], deep: { a: { b: {} } }, constructor: { x: 1 }, toString: null }
  const keys = [{ ...KEY, ...more, ...noise, kid: null }]
  const response = await register({ ...REDIRECTS, jwks: { keys, more: 1 } })
  t.is(response.status, 201, response.text)
  const { kid: _kid, ...kept } = { ...KEY, ...more }
  t.deepEqual(response.json()['jwks'], { keys: [kept] })
})

test('a member of the name constructor is ignored like any other', async (t) => {
  const response = await register({ ...REDIRECTS, constructor: { name: 'x' }, hasOwnProperty: 1 })
  t.is(response.status, 201)
  t.false(Object.hasOwn(response.json(), 'constructor'))
})

test('the server chooses the id', async (t) => {
  const found = (await register({ ...REDIRECTS, client_id: 'admin' })).json()
  t.regex(String(found['client_id']), /^[\w-]{22}$/)
})

const refuses = test.macro({
  async exec(t, [status, error]: [number, string], document: unknown, type?: string) {
    const response = await register(document, type)
    t.is(response.status, status)
    t.is(response.json()['error'], error)
    t.false('client_id' in response.json())
  },
  title: (name = '') => `refuses ${name}`,
})

const BAD_REDIRECT: [number, string] = [400, 'invalid_redirect_uri']
const BAD_METADATA: [number, string] = [400, 'invalid_client_metadata']
test('no redirect', refuses, BAD_REDIRECT, {})
test('an empty list', refuses, BAD_REDIRECT, { redirect_uris: [] })
test('a text in place of the list', refuses, BAD_REDIRECT, { redirect_uris: 'https://a.example' })
test('a number in the list', refuses, BAD_REDIRECT, { redirect_uris: [1] })
test('too many', refuses, BAD_REDIRECT, {
  redirect_uris: Array.from({ length: 21 }, (_, index) => `https://a.example/${index}`),
})
test('one bad among good', refuses, BAD_REDIRECT, {
  redirect_uris: ['https://a.example/cb', 'http://evil.example/cb'],
})
test('javascript:', refuses, BAD_REDIRECT, { redirect_uris: ['javascript:alert(1)'] })
test('out of band, automatic', refuses, BAD_REDIRECT, {
  redirect_uris: ['urn:ietf:wg:oauth:2.0:oob:auto'],
})
test('only grants that are not to be had', refuses, BAD_METADATA, {
  ...REDIRECTS,
  grant_types: ['password', 'client_credentials'],
})
test('an unknown method', refuses, BAD_METADATA, {
  ...REDIRECTS,
  token_endpoint_auth_method: 'client_secret_jwt',
})
test('private_key_jwt without a key', refuses, BAD_METADATA, { ...REDIRECTS, ...BY_KEY })
test('a private key', refuses, BAD_METADATA, { ...REDIRECTS, jwks: { keys: [{ ...KEY, d: 'd' }] } })
test('a symmetric key', refuses, BAD_METADATA, {
  ...REDIRECTS,
  jwks: { keys: [{ kty: 'oct', k: 'k' }] },
})
test('a key whose members are no texts', refuses, BAD_METADATA, {
  ...REDIRECTS,
  jwks: { keys: [{ ...KEY, kid: { x: 1 } }] },
})
test('a key whose type is no text', refuses, BAD_METADATA, {
  ...REDIRECTS,
  jwks: { keys: [{ ...KEY, kty: { toString: 1 } }] },
})
test('a key that says what it is for in a list of lists', refuses, BAD_METADATA, {
  ...REDIRECTS,
  jwks: { keys: [{ ...KEY, key_ops: [['verify']] }] },
})
test('keys by http', refuses, BAD_METADATA, { ...REDIRECTS, jwks_uri: 'http://a.example/jwks' })
test('prototypes', refuses, BAD_METADATA, '{"__proto__":{"redirect_uris":["https://a.example/"]}}')
test('a prototype further in', refuses, BAD_METADATA, {
  ...REDIRECTS,
  jwks: JSON.parse('{"keys":[{"kty":"EC","__proto__":{"kid":"1"}}]}') as object,
})
const TWICE = '"client_name":"a","redirect_uris":["https://a.example/"]'
test('a member twice', refuses, BAD_METADATA, `{${TWICE},"client_name":"b"}`)
test(
  'a member twice, spelled in another way',
  refuses,
  BAD_METADATA,
  `{${TWICE},"client\\u005fname":"b"}`,
)
test('a member twice further in', refuses, BAD_METADATA, `{${TWICE},"x":[{"a":1,"a":1}]}`)
test(
  'a tower in what is ignored',
  refuses,
  BAD_METADATA,
  `{${TWICE},"x":${'['.repeat(1500)}${']'.repeat(1500)}}`,
)
test('a deep body', refuses, BAD_METADATA, `${'['.repeat(16_000)}`)
test('jwks and jwks_uri', refuses, BAD_METADATA, {
  ...REDIRECTS,
  jwks: {},
  jwks_uri: 'https://a.example',
})
for (const name of ['client_uri', 'logo_uri', 'policy_uri', 'tos_uri']) {
  test(`${name} with a script`, refuses, BAD_METADATA, {
    ...REDIRECTS,
    [name]: 'javascript:alert(1)',
  })
}
test('a name that is none', refuses, BAD_METADATA, { ...REDIRECTS, client_name: {} })
test('grants that are none', refuses, BAD_METADATA, {
  ...REDIRECTS,
  grant_types: 'authorization_code',
})
test('what is not JSON', refuses, BAD_METADATA, '{')
test('a list', refuses, BAD_METADATA, [REDIRECTS])
test('another type', refuses, [415, 'invalid_request'], REDIRECTS, 'text/plain')
test('17 KB', refuses, [413, 'invalid_request'], { ...REDIRECTS, x: 'x'.repeat(17_000) })
