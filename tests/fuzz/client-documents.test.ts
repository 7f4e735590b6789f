/** Documents that describe clients, and where they want answers to go: what is accepted is harmless. */

import assert from 'node:assert/strict'
import test from 'ava'
import fc from 'fast-check'
import { OAuthError } from '../../lib/oauth/error.ts'
import { resolveRedirectTarget } from '../../oauth-server/authorize/redirect-target.ts'
import type { Client } from '../../oauth-server/clients/client.ts'
import { parseClientDocument } from '../../oauth-server/clients/documents/parse-document.ts'
import { redirectUriFault } from '../../oauth-server/clients/redirect-uri.ts'
import { type DocumentWorld, startDocumentWorld } from '../support/document-world.ts'
import {
  assertUnpolluted,
  clientMetadata,
  redirectUri,
  WORDS_OF_CLIENTS,
} from './harness/client-metadata.ts'
import { fuzz } from './harness/fuzz.ts'
import { isRegistered, redirectDanger } from './harness/redirect-oracle.ts'

const URL_OF_CLIENT = 'https://client.test/fuzz'
const RULES = { knownScopes: ['mcp', 'openid', 'echo:write'], ownHosts: new Set(['gw.example']) }
const document = clientMetadata({ client_id: URL_OF_CLIENT })

function parse(text: string): Client | undefined {
  try {
    return parseClientDocument(URL_OF_CLIENT, text, RULES)
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    assert.ok(error.status < 500, error.message)
    return undefined
  }
}

/** By the draft, whatever the parser has made of it. */
function assertAcceptable(text: string, client: Client): void {
  const said = JSON.parse(text) as Record<string, unknown>
  assert.equal(said['client_id'], URL_OF_CLIENT)
  assert.equal(said['client_secret'], undefined)
  assert.ok(client.redirectUris.length > 0)
  for (const uri of said['redirect_uris'] as string[]) {
    assert.equal(redirectDanger(uri), undefined, uri)
  }
  assert.deepEqual(new Set(client.redirectUris), new Set(said['redirect_uris'] as string[]))
  assert.ok(['none', 'private_key_jwt'].includes(client.authMethod))
  assert.ok(!client.grantTypes.includes('client_credentials'))
  assert.ok(client.name, 'nameless')
  assert.doesNotMatch(client.name, /[\p{Cc}\p{Cf}]/u)
  assert.doesNotMatch(JSON.stringify(client.keys ?? {}), /"(?:d|k|p|q|dp|dq|qi|oth)":/)
  for (const link of ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri']) {
    assert.match(String(client.echoed[link] ?? 'https://x'), /^https?:/i)
  }
}

fuzz('fuzz-client-documents', {
  corpus: 'client-documents',
  words: WORDS_OF_CLIENTS,
  grammar: document,
  check(bytes) {
    const text = bytes.toString('utf8')
    const client = parse(text)
    if (client !== undefined) assertAcceptable(text, client)
    assertUnpolluted()
    return client === undefined ? 'refused' : 'accepted'
  },
  outcomes: ['accepted', 'refused'],
})

let world: DocumentWorld | undefined
test.after.always(async () => world?.stop())

fuzz('fuzz-fetched-documents', async () => {
  world = await startDocumentWorld({ CLIENT_ID_METADATA_DOCUMENTS: 'on', RATE_LIMIT_FACTOR: '0' })
  const { internet, open, server } = world
  return {
    corpus: 'client-documents',
    words: WORDS_OF_CLIENTS,
    grammar: document,
    async check(bytes) {
      internet.serve(URL_OF_CLIENT, (_, response) => {
        const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
        response.writeHead(200, headers).end(bytes)
      })
      const { status, headers, text } = await open(URL_OF_CLIENT)
      const client = parse(bytes.toString('utf8'))
      assert.ok(status === 200 || status === 400 || status === 303, `${status}: ${text}`)
      assert.doesNotMatch(text, /<fz|<script/i)
      if (status === 200 || status === 303)
        assert.ok(client !== undefined, 'believed a bad document')
      const location = headers.get('location')
      if (location !== null) assert.ok(location.startsWith('https://client.test/cb?'), location)
      return status === 400 ? 'refused' : 'asked'
    },
    outcomes: ['asked', 'refused'],
    finish: (t) => {
      t.notThrows(() => process.kill(server.pid, 0))
      t.deepEqual(
        server.lines.filter((line) => /"level":"?(?:50|error)/.test(line)),
        [],
      )
    },
  }
})

fuzz('fuzz-redirects', {
  corpus: 'redirects',
  words: [
    'http://',
    'https://',
    'localhost',
    '127.0.0.1',
    '[::1]',
    ':80',
    ':0',
    '/',
    '//',
    '/..',
    '?',
    '@',
    '%2e',
    '\t',
  ],
  grammar: fc.oneof(
    fc.tuple(redirectUri, redirectUri).map((pair) => pair.join('\n')),
    redirectUri.map((uri) => `${uri}\n${uri}`),
    fc
      .tuple(redirectUri, fc.nat(70_000))
      .map(([uri, port]) => `${uri}\n${uri.replace(/(?<=\w)\//, `:${port}/`)}`),
  ),
  check(bytes) {
    const [registered = '', requested = ''] = bytes.toString('utf8').split('\n')
    if (redirectUriFault(registered) !== undefined) return 'not registered'
    assert.equal(redirectDanger(registered), undefined)
    const target = resolveRedirectTarget({ redirectUris: [registered] }, requested)
    if (target === undefined) return 'another'
    assert.equal(target.uri, requested)
    assert.ok(isRegistered([registered], requested))
    assert.equal(redirectDanger(requested), undefined)
    return registered === requested ? 'the same' : 'another port'
  },
  outcomes: ['not registered', 'another', 'the same', 'another port'],
})
