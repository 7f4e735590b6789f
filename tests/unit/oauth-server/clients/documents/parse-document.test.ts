import test from 'ava'
import { parseClientDocument } from '../../../../../oauth-server/clients/documents/parse-document.ts'
import { CHATGPT, REAL_DOCUMENTS } from '../../../../fixtures/client-documents/documents.ts'

const URL_OF_IT = 'https://client.example/oauth/client.json'
const RULES = { knownScopes: ['mcp'], ownHosts: new Set(['gw.example']) }
const GOOD = {
  client_id: URL_OF_IT,
  client_name: 'Client',
  redirect_uris: ['https://client.example/cb'],
}
const EC = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }

const parse = (changes: object) =>
  parseClientDocument(URL_OF_IT, JSON.stringify({ ...GOOD, ...changes }), RULES)

for (const document of REAL_DOCUMENTS) {
  test(`${document.client_name} is a public client`, (t) => {
    const client = parseClientDocument(document.client_id, JSON.stringify(document), RULES)
    t.like(client, {
      id: document.client_id,
      kind: 'document',
      name: document.client_name,
      authMethod: 'none',
      grantTypes: ['authorization_code', 'refresh_token'],
      redirectUris: document.redirect_uris,
      secretDigest: undefined,
    })
  })
}

test('ChatGPT may sign although it need not', (t) => {
  const client = parseClientDocument(CHATGPT.client_id, JSON.stringify(CHATGPT), RULES)
  t.deepEqual(client.keys, { jwksUri: CHATGPT.jwks_uri })
})

test('the bare minimum is a public client that refreshes', (t) => {
  const client = parse({})
  t.like(client, { name: 'Client', authMethod: 'none', keys: undefined })
  t.deepEqual(client.grantTypes, ['authorization_code', 'refresh_token'])
})

test('private_key_jwt alone is held to', (t) => {
  const method = { token_endpoint_auth_method: 'private_key_jwt' }
  t.like(parse({ ...method, jwks: { keys: [EC] } }), {
    authMethod: 'private_key_jwt',
    keys: { jwks: { keys: [EC] } },
  })
  t.like(parse({ ...method, jwks_uri: 'https://keys.example/set' }), {
    authMethod: 'private_key_jwt',
    keys: { jwksUri: 'https://keys.example/set' },
  })
  t.is(parse({ jwks: { keys: [EC] } }).keys, undefined, 'keys without the method mean nothing')
})

test('the revision follows what a person is asked about', (t) => {
  const { revision } = parse({})
  t.is(parse({ jwks: { keys: [EC] }, unknown: 1 }).revision, revision)
  for (const change of [
    { client_name: 'Other' },
    { redirect_uris: [...GOOD.redirect_uris, 'https://client.example/2'] },
    { client_uri: 'https://client.example' },
    { grant_types: ['authorization_code'] },
  ]) {
    t.not(parse(change).revision, revision, JSON.stringify(change))
  }
})

const KEYS = { token_endpoint_auth_method: 'private_key_jwt' }
const ROWS: Readonly<Record<string, object>> = {
  'its client_id is not the URL it was fetched from': { client_id: `${URL_OF_IT}/` },
  'it contains a client secret': { client_secret: 's' },
  'it has no client_name that can be shown': { client_name: undefined },
  'client_name must be a text': { client_name: ['Client'] },
  'it has no list of redirect_uris': { redirect_uris: 'https://client.example/cb' },
  'redirect_uris[1] uses http off this machine': {
    redirect_uris: ['https://client.example/cb', 'http://client.example/cb'],
  },
  'redirect_uris[0] uses the scheme javascript, which no application answers': {
    redirect_uris: ['javascript:alert(1)'],
  },
  'redirect_uris[0] has iss in its query, which the answer adds: leave it out': {
    redirect_uris: ['https://client.example/cb?iss=https://evil.example'],
  },
  'redirect_uris[0] is not a text': { redirect_uris: [{}] },
  'redirect_uris must be a list of 1 to 20 URIs': { redirect_uris: [] },
  'its token_endpoint_auth_method needs a client secret': {
    token_endpoint_auth_method: 'client_secret_basic',
  },
  'its token_endpoint_auth_method must be none or private_key_jwt': {
    token_endpoint_auth_method: 'tls_client_auth',
  },
  'private_key_jwt needs jwks or jwks_uri': KEYS,
  'jwks and jwks_uri exclude each other': {
    ...KEYS,
    jwks: { keys: [] },
    jwks_uri: 'https://keys.example/set',
  },
  'jwks has a key that is not public': { ...KEYS, jwks: { keys: [EC, { ...EC, d: 'd' }] } },
  'a key set must have a list of at most 50 keys': { ...KEYS, jwks: [EC] },
  'jwks_uri names an address instead of a host': { ...KEYS, jwks_uri: 'https://10.0.0.1/set' },
  'jwks_uri is one of this gateway itself': { ...KEYS, jwks_uri: 'https://gw.example/jwks' },
  'jwks_uri must be a URL': { ...KEYS, jwks_uri: 1 },
  'logo_uri must be an http or https URL': { logo_uri: 'javascript:alert(1)' },
  'grant_types must be a list': { grant_types: 'authorization_code' },
}
for (const [message, changes] of Object.entries(ROWS)) {
  test(`refused: ${message}`, (t) => {
    t.throws(() => parse(changes), { message })
  })
}

for (const changes of [
  { client_id: URL_OF_IT.replace('client.json', 'Client.json') },
  { client_id: URL_OF_IT.replace('.example', '.example:443') },
  { client_id: undefined },
  { client_id: [URL_OF_IT] },
  { client_name: null },
  { client_name: ' ' },
  { client_name: '\u200b\u2060' },
  { client_secret: null },
  { client_secret_expires_at: 0 },
  { ...KEYS, jwks: { keys: [{ kty: 'oct', k: 'k' }] } },
  { ...KEYS, token_endpoint_auth_method: 'client_secret_jwt' },
  {
    token_endpoint_auth_method: 'client_secret_post',
    token_endpoint_auth_methods_supported: ['none'],
  },
  { redirect_uris: Array.from({ length: 10_000 }, (_, index) => `https://a.example/${index}`) },
]) {
  test(`refused: ${JSON.stringify(changes).slice(0, 90)}`, (t) => {
    t.throws(() => parse(changes))
  })
}

test('what is refused is not quoted', (t) => {
  const secret = 'a-secret-of-the-target'
  for (const changes of [
    { redirect_uris: [`http://${secret}.example/cb`] },
    { client_id: secret },
    { jwks_uri: `http://${secret}/`, ...KEYS },
    { token_endpoint_auth_method: secret },
    { client_uri: secret },
  ]) {
    const error = t.throws(() => parse(changes))
    t.false(error.message.includes(secret), error.message)
  }
})
