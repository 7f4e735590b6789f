/** POST /register and the management of a client (RFC 7591, RFC 7592): what is taken is harmless, and one's own. */

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { assertAnswer } from '../harness/answers.ts'
import { clientMetadata, WORDS_OF_CLIENTS } from '../harness/client-metadata.ts'
import type { Target } from '../harness/fuzz.ts'
import { redirectDanger } from '../harness/redirect-oracle.ts'
import { type Sent, toHeaderValue } from '../harness/send.ts'
import { fill, type World } from '../harness/world.ts'

type Body = Readonly<Record<string, unknown>>

const JSON_TYPE = { 'content-type': 'application/json' }
const METHODS = ['none', 'client_secret_post', 'client_secret_basic', 'private_key_jwt']
const GRANTS = [
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:device_code',
]
/** RFC 7591 section 3.2.1 and 7592 section 3, and the metadata that is kept. */
const MEMBERS = new Set(
  'client_id client_secret client_id_issued_at client_secret_expires_at registration_access_token registration_client_uri client_name redirect_uris token_endpoint_auth_method grant_types response_types jwks jwks_uri client_uri logo_uri tos_uri policy_uri software_id software_version application_type contacts scope'.split(
    ' ',
  ),
)

/** As it was answered: nothing in it that a browser, a page or another program would stumble over. */
function assertHarmless(text: string): Body {
  const body = JSON.parse(text) as Body
  const uris = (body['redirect_uris'] ?? []) as string[]
  for (const uri of uris) assert.equal(redirectDanger(uri), undefined, uri)
  assert.ok(METHODS.includes(String(body['token_endpoint_auth_method'])))
  const grants = body['grant_types'] as string[]
  assert.deepEqual(
    grants.filter((one) => !GRANTS.includes(one)),
    [],
  )
  assert.ok(uris.length > 0 || !grants.includes('authorization_code'))
  assert.doesNotMatch(String(body['client_name'] ?? ''), /[\p{Cc}\p{Cf}]/u)
  for (const name of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']) {
    assert.match(String(body[name] ?? 'https://x'), /^https?:/i)
  }
  assert.doesNotMatch(JSON.stringify(body['jwks'] ?? {}), /"(?:d|k|p|q|dp|dq|qi|oth)":/)
  assert.deepEqual(
    Object.keys(body).filter((name) => !MEMBERS.has(name)),
    [],
  )
  return body
}

/** What one client said is what it has: nothing was added to it. */
function assertSaid(said: string, body: Body): void {
  const { redirect_uris: sent } = JSON.parse(said) as Body
  for (const uri of (body['redirect_uris'] ?? []) as string[]) {
    assert.ok((sent as string[]).includes(uri), uri)
  }
}

export function registerTarget({ sender, issuer }: World): Target {
  return {
    corpus: 'registrations',
    words: WORDS_OF_CLIENTS,
    grammar: clientMetadata({}),
    async check(bytes) {
      const answer = await sender.send({
        method: 'POST',
        target: '/register',
        headers: JSON_TYPE,
        body: bytes,
      })
      const word = assertAnswer(answer)
      if (answer.status !== 201) return word
      const body = assertHarmless(answer.text)
      assertSaid(bytes.toString('utf8'), body)
      // Registrations that nobody approves are bounded: this one makes room.
      const target = String(body['registration_client_uri']).slice(issuer.length)
      const authorization = `Bearer ${body['registration_access_token']}`
      const gone = await sender.send({ method: 'DELETE', target, headers: { authorization } })
      assert.equal(gone.status, 204, gone.text)
      return 'registered'
    },
    outcomes: ['registered', 'invalid_redirect_uri', 'invalid_client_metadata'],
  }
}

const management = fc
  .tuple(
    fc.constantFrom('GET', 'PUT', 'PUT', 'PUT', 'DELETE', 'PATCH'),
    fc.constantFrom(
      'Bearer TOKEN',
      'Bearer TOKEN',
      'bearer TOKEN',
      'Bearer TOKENx',
      'Bearer OTHER',
      'Basic TOKEN',
      '',
    ),
    fc.constantFrom(
      'CLIENT',
      'CLIENT',
      'CLIENT',
      'ANOTHER',
      'CLIENT%20',
      'CLIENT/',
      'nightly',
      '%2e%2e',
    ),
    clientMetadata({ client_id: 'CLIENT' }),
  )
  .map((lines) => lines.join('\n'))

interface Managing {
  readonly method: string
  readonly authorization: string
  readonly path: string
  readonly body: Buffer
}

/** Method, Authorization, what follows /register/, and the body: each a line. */
function readManagement(bytes: Buffer): Managing {
  const [method = '', bearer = '', path = '', ...rest] = bytes.toString('latin1').split('\n')
  return {
    method: ['GET', 'PUT', 'DELETE', 'PATCH', 'POST'].includes(method) ? method : 'GET',
    authorization: toHeaderValue(bearer),
    path: path.replaceAll('#', '%23'),
    body: Buffer.from(rest.join('\n'), 'latin1'),
  }
}

function toRequest({ method, authorization, path, body }: Managing): Sent {
  const headers = {
    ...(method === 'PUT' ? JSON_TYPE : {}),
    ...(authorization === '' ? {} : { authorization }),
  }
  return { method, target: `/register/${path}`, headers, ...(method === 'PUT' ? { body } : {}) }
}

function readOwn(text: string, id: string): Body {
  const body = assertHarmless(text)
  assert.equal(body['client_id'], id)
  assert.ok(String(body['registration_client_uri']).endsWith(`/register/${id}`))
  return body
}

export async function manageTarget({ sender, web }: World): Promise<Target> {
  const create = async (): Promise<Body> => {
    const body = JSON.stringify({ redirect_uris: ['https://client.test/cb'] })
    const { text } = await sender.send({
      method: 'POST',
      target: '/register',
      headers: JSON_TYPE,
      body,
    })
    return JSON.parse(text) as Body
  }
  let client = await create()
  const other = String((await create())['registration_access_token'])
  return {
    corpus: 'client-management',
    words: [
      ...WORDS_OF_CLIENTS,
      'TOKEN',
      'OTHER',
      'CLIENT',
      'ANOTHER',
      'Bearer ',
      'PUT\n',
      'GET\n',
    ],
    grammar: management,
    async check(bytes) {
      const token = String(client['registration_access_token'])
      const id = String(client['client_id'])
      const words = { CLIENT: id, ANOTHER: web.client_id, TOKEN: token, OTHER: other }
      const asked = readManagement(fill(bytes, words))
      const { method, authorization, path } = asked
      const answer = await sender.send(toRequest(asked))
      const word = assertAnswer(answer)
      // A path that leads elsewhere leads to a page.
      if (answer.status >= 300 || /html/.test(answer.headers['content-type'] ?? '')) return word
      const isOwn = /^bearer +\S+$/i.test(authorization) && authorization.endsWith(` ${token}`)
      assert.ok(isOwn && path.split('?', 1)[0] === id, 'manages a client without its token')
      // RFC 7592 section 3: a token that was exchanged for another is not good any more.
      if (answer.status === 204) client = await create()
      else {
        const told = readOwn(answer.text, id)
        if (method === 'PUT') assertSaid(asked.body.toString('utf8'), told)
        client = { ...client, ...told }
      }
      return `${method} done`
    },
    outcomes: ['PUT done', 'GET done', 'DELETE done', 'invalid_token'],
  }
}
