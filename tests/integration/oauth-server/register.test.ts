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
    t.notRegex(response.text, /null|registration_access_token|registration_client_uri/)
    const found = response.json()
    t.like(found, { response_types: ['code'], ...expected })
    t.is(typeof found['client_id_issued_at'], 'number')
    const isPublic = found['token_endpoint_auth_method'] === 'none'
    t.is('client_secret' in found, !isPublic)
    t.is(found['client_secret_expires_at'], isPublic ? undefined : 0)
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
  { grant_types: [...BOTH, 'urn:ietf:params:oauth:grant-type:device_code'] },
  { grant_types: BOTH },
)
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
test('another out of band', refuses, BAD_REDIRECT, {
  redirect_uris: ['urn:ietf:wg:oauth:2.0:oob:auto'],
})
test('an unknown method', refuses, BAD_METADATA, {
  ...REDIRECTS,
  token_endpoint_auth_method: 'private_key_jwt',
})
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
