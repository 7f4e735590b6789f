import { randomUUID } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose'
import { REDIRECT, startDocumentWorld, toDocument } from '../../support/document-world.ts'
import { form, type HttpResponse } from '../../support/http.ts'
import { createOAuthClient, type Fields } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const SECRET = 'a-secret-of-the-operator'
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
const jwk: JWK = { ...(await exportJWK(publicKey)), kid: 'k' }
const jwks = { keys: [jwk] }
const redirect_uris = [REDIRECT]

const world = await startDocumentWorld()
const server = await startOAuthServer({
  valkey: world.server.valkey,
  environment: {
    CLIENT_ID_METADATA_DOCUMENTS: 'on',
    CLIENT_DOCUMENT_TEST_HOSTS: `client.test=127.0.0.1:${world.internet.port}`,
    NODE_EXTRA_CA_CERTS: world.authority.path,
    WRITTEN: SECRET,
  },
  configuration: JSON.stringify({
    clients: {
      'written-public': { redirect_uris },
      'written-secret': { redirect_uris, client_secret: '${secret.WRITTEN}' },
      'written-keys': { redirect_uris, jwks },
    },
  }),
})
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`

/** What a client sends to an endpoint to be itself, each time anew. */
interface Kind {
  readonly id: string
  readonly isConfidential: boolean
  prove(path: string): Promise<{ readonly fields: Fields; readonly headers?: Fields }>
}

const byName = (id: string): Kind => ({
  id,
  isConfidential: false,
  prove: async () => ({ fields: { client_id: id } }),
})

const byPost = (id: string, client_secret: string): Kind => ({
  id,
  isConfidential: true,
  prove: async () => ({ fields: { client_id: id, client_secret } }),
})

const byBasic = (id: string, secret: string): Kind => ({
  id,
  isConfidential: true,
  prove: async () => ({
    fields: {},
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
  }),
})

/** Addressed to the endpoint that is asked. */
const byKey = (id: string): Kind => ({
  id,
  isConfidential: true,
  async prove(path) {
    const exp = Math.floor(Date.now() / 1000) + 60
    const claims = { iss: id, sub: id, aud: issuer + path, jti: randomUUID(), exp }
    const jwt = new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k' })
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    return { fields: { client_assertion_type, client_assertion: await jwt.sign(privateKey) } }
  },
})

const publish = (name: string, changes: object): string => {
  const url = `https://client.test/${name}.json`
  world.internet.serve(url, toDocument(url, changes))
  return url
}

const register = async (token_endpoint_auth_method: string, more: object = {}) =>
  await client.register({ redirect_uris, token_endpoint_auth_method, ...more })

const [none, post, basic, keys] = await Promise.all([
  register('none'),
  register('client_secret_post'),
  register('client_secret_basic'),
  register('private_key_jwt', { jwks }),
])
test.after.always(async () => {
  await server.stop()
  await world.stop()
})

const KEY = { token_endpoint_auth_method: 'private_key_jwt', jwks }
const KINDS: Readonly<Record<string, Kind>> = {
  'registered without a secret': byName(none.client_id),
  'registered for the form': byPost(post.client_id, post.client_secret ?? ''),
  'registered for Basic': byBasic(basic.client_id, basic.client_secret ?? ''),
  'registered with keys': byKey(keys.client_id),
  'written down without a secret': byName('written-public'),
  'written down with a secret': byBasic('written-secret', SECRET),
  'written down with keys': byKey('written-keys'),
  'described by a document': byName(publish('public', {})),
  'described by a document with keys': byKey(publish('keys', KEY)),
}

async function ask(kind: Kind, path: string, fields: Fields): Promise<HttpResponse> {
  const { fields: own, headers = {} } = await kind.prove(path)
  const sent = form({ ...fields, ...own })
  return await send({ ...sent, url: issuer + path, headers: { ...sent.headers, ...headers } })
}

/** What an authorize URL carries, without the client: whoever pushes says who it is in its own way. */
function toRequest(kind: Kind) {
  const { url, verifier } = client.begin(kind.id, { resource: ECHO, redirect_uri: REDIRECT })
  const { client_id: _id, ...fields } = Object.fromEntries(new URL(url).searchParams)
  return { fields, verifier }
}

const toUrl = (clientId: string, requestUri: unknown): string =>
  `${issuer}/authorize?${new URLSearchParams({ client_id: clientId, request_uri: String(requestUri) })}`

/** Its own tokens, if it can prove that it is itself; whatever the hint. */
async function looksAt(t: ExecutionContext, kind: Kind, token: string): Promise<void> {
  for (const token_type_hint of ['', 'access_token', 'refresh_token', 'id_token']) {
    const looked = await ask(kind, '/introspect', { token, token_type_hint })
    t.is(looked.status, kind.isConfidential ? 200 : 401, looked.text)
    t.is(looked.json()['client_id'], kind.isConfidential ? kind.id : undefined)
  }
}

for (const [name, kind] of Object.entries(KINDS)) {
  test.serial(`a client ${name} pushes, logs in, refreshes, looks and revokes`, async (t) => {
    const { fields, verifier } = toRequest(kind)
    const pushed = await ask(kind, '/par', fields)
    t.is(pushed.status, 201, pushed.text)
    const url = toUrl(kind.id, pushed.json()['request_uri'])
    const redirect = await createPerson(send).authorize(url, { username: 'alice' })
    const exchange = { grant_type: 'authorization_code', code_verifier: verifier }
    const code = redirect.searchParams.get('code') ?? ''
    const bought = await ask(kind, '/token', { ...exchange, code })
    t.is(bought.status, 200, bought.text)
    const refresh_token = String(bought.json()['refresh_token'])
    const refreshed = await ask(kind, '/token', { grant_type: 'refresh_token', refresh_token })
    t.is(refreshed.status, 200, refreshed.text)
    const tokens = ['access_token', 'refresh_token'].map((one) => String(refreshed.json()[one]))

    for (const token of tokens) await looksAt(t, kind, token)
    const hint = { token_type_hint: 'access_token' }
    const revoked = await ask(kind, '/revoke', { token: tokens[1] ?? '', ...hint })
    t.is(revoked.status, 200)
    t.is(revoked.text, '')
    const again = { grant_type: 'refresh_token', refresh_token: tokens[1] ?? '' }
    t.is((await ask(kind, '/token', again)).json()['error'], 'invalid_grant')
    for (const token of kind.isConfidential ? tokens : []) {
      t.is((await ask(kind, '/introspect', { token })).text, '{"active":false}')
    }
  })

  test.serial(
    `what a client ${name} pushed is nobody else’s, and leads nowhere once it is answered`,
    async (t) => {
      const requestUri = (await ask(kind, '/par', toRequest(kind).fields)).json()['request_uri']
      const others = Object.values(KINDS).filter(({ id }) => id !== kind.id)
      const person = createPerson(send)
      for (const id of ['', 'nobody', ...others.map((other) => other.id)]) {
        const { response } = await person.open(toUrl(id, requestUri))
        t.is(response.status, 400, id)
        t.is(response.headers.get('location'), null, id)
      }
      const answer = await person.submit(await person.open(toUrl(kind.id, requestUri)), {
        username: 'alice',
      })
      t.regex(answer.headers.get('location') ?? '', /[?&]code=/)
      const late = await createPerson(send).open(toUrl(kind.id, requestUri))
      t.is(late.response.status, 400)
      t.is(late.response.headers.get('location'), null)
    },
  )

  test.serial(`nobody passes for a client ${name} by naming it beside another`, async (t) => {
    const other = KINDS['registered for Basic']
    if (other === undefined || other.id === kind.id) {
      t.pass()
      return
    }
    for (const path of ['/par', '/token', '/revoke', '/introspect']) {
      const answer = await ask(other, path, { ...toRequest(kind).fields, client_id: kind.id })
      t.is(answer.status, 400, path)
      t.is(answer.json()['error'], 'invalid_request', path)
    }
    if (!kind.isConfidential) return
    for (const path of ['/par', '/token', '/revoke', '/introspect']) {
      const answer = await ask(byName(kind.id), path, toRequest(kind).fields)
      t.is(answer.status, 401, path)
      t.is(answer.json()['error'], 'invalid_client', path)
    }
  })
}

test.serial('a client that may sign and need not looks at its tokens when it does', async (t) => {
  const methods = { token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'] }
  const id = publish('both', { ...KEY, ...methods })
  const { fields, verifier } = toRequest(byName(id))
  const { url } = client.begin(id, { ...fields, client_id: id })
  const redirect = await createPerson(send).authorize(url, { username: 'alice' })
  const code = redirect.searchParams.get('code') ?? ''
  const exchange = { grant_type: 'authorization_code', code, code_verifier: verifier }
  const bought = await ask(byName(id), '/token', exchange)
  for (const name of ['access_token', 'refresh_token']) {
    const token = String(bought.json()[name])
    await looksAt(t, byName(id), token)
    await looksAt(t, byKey(id), token)
  }
})
