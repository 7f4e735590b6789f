/** What clients say about themselves, mostly right. */

import assert from 'node:assert/strict'
import fc from 'fast-check'

const host = fc.constantFrom(
  'client.test',
  'CLIENT.test',
  'app.example.',
  'localhost',
  'localhost.evil.example',
  '127.0.0.1',
  '127.1',
  '0x7f.1',
  '[::1]',
  '[::ffff:127.0.0.1]',
  'evil.example%2f',
  'a@client.test',
  'xn--e1awd7f.com',
  'ü.example',
  '',
)
const scheme = fc.constantFrom(
  'https',
  'http',
  'HTTPS',
  'com.example.app',
  'cursor',
  'javascript',
  'JavaScript',
  'data',
  'vbscript',
  'intent',
  'view-source',
  'blob',
)
const path = fc.constantFrom(
  '',
  '/cb',
  '/callback',
  '/cb?x=1',
  '/cb#f',
  '/../cb',
  '/%2e%2e/cb',
  '/a\\b',
  '/cb%0d%0a',
  '/%00',
  '//x',
  '/*',
  '/<fz>',
  '?code=1',
  ';x',
)
export const redirectUri: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(
        scheme,
        fc.constantFrom('://', '://', ':/', ':', ':///'),
        host,
        fc.constantFrom('', '', ':0', ':80', ':443', ':8080', ':99999'),
        path,
      )
      .map((parts) => parts.join('')),
  },
  { weight: 1, arbitrary: fc.webUrl() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      'urn:ietf:wg:oauth:2.0:oob',
      'https://client.test/cb',
      '//x',
      'x:',
      ':',
    ),
  },
)

/** A value that is not what it has to be. */
export const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>('', null, [], {}, '<fz onload=x>', '\u202eevil', 'x'.repeat(5000), [
    [[[[[[[[[[[]]]]]]]]]]],
  ]),
)

const WELL = {
  client_name: 'Client <fz> "of" a test',
  redirect_uris: ['https://client.test/cb'],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  scope: 'mcp openid',
  client_uri: 'https://client.test',
  contacts: ['a@client.test'],
  software_id: 'x',
}
const NAMES = [
  ...Object.keys(WELL),
  'logo_uri',
  'tos_uri',
  'policy_uri',
  'jwks',
  'jwks_uri',
  'application_type',
  'client_secret',
  'client_id',
  'token_endpoint_auth_methods_supported',
  '__proto__',
  'constructor',
]
const KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
}

const member = fc.oneof(
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...NAMES), odd) },
  {
    weight: 3,
    arbitrary: fc
      .array(redirectUri, { maxLength: 3 })
      .map((uris): [string, unknown] => ['redirect_uris', uris]),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<[string, unknown]>(
      ['token_endpoint_auth_method', 'private_key_jwt'],
      ['token_endpoint_auth_method', 'client_secret_basic'],
      ['grant_types', ['client_credentials']],
      ['grant_types', ['urn:ietf:params:oauth:grant-type:device_code']],
      ['jwks', { keys: [KEY] }],
      ['jwks', { keys: [{ ...KEY, d: 'x' }] }],
      ['jwks', { keys: [{ ...KEY, kty: { toString: 1 } }] }],
      ['jwks_uri', 'https://client.test/keys'],
      ['jwks_uri', 'https://127.0.0.1/keys'],
      ['logo_uri', 'javascript:alert(1)'],
      ['client_name', '\u0000\u202e<script>fz</script>'],
    ),
  },
)

/** `more`: of this kind of client. */
export function clientMetadata(more: object): fc.Arbitrary<string> {
  return fc
    .array(member, { maxLength: 3 })
    .map((changes) =>
      JSON.stringify(Object.fromEntries([...Object.entries({ ...WELL, ...more }), ...changes])),
    )
}

export const WORDS_OF_CLIENTS = [
  '"redirect_uris":["javascript:x"],',
  '"client_id":"https://client.test/fuzz",',
  '"client_secret":"x",',
  '"jwks":{"keys":[]},',
  '"https://client.test/cb"',
  '"http://localhost/cb"',
  '{"__proto__":{"x":1}}',
  '"\\u0063lient_id":"x",',
]

/** No JSON of a stranger changes what every object has. */
export function assertUnpolluted(): void {
  assert.deepEqual(Object.keys(Object.prototype), [])
}
