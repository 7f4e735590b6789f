/** Client ID metadata documents, and what is fetched for them; assertions of clients (RFC 7523). */

import { type Requirement, RFC } from './requirement.ts'

const CIMD = 'https://datatracker.ietf.org/doc/html/draft-ietf-oauth-client-id-metadata-document-01'
const MCP_CLIENTS =
  'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization#client-id-metadata-documents'

export const CLIENT_DOCUMENTS = {
  'document-login': {
    source: MCP_CLIENTS,
    behavior:
      'the documents of Claude Code, Codex and ChatGPT, as they are published, log in and refresh',
  },
  'document-redirects': {
    source: `${CIMD}#section-4.1`,
    behavior: 'only redirect URIs of the document are redirected to; loopback ones at any port',
  },
  'document-page': {
    source: `${CIMD}#section-6.4`,
    behavior:
      'the page names the host of the client id and of the redirect URI, and warns of loopback ones',
  },
  'document-id-url': {
    source: `${CIMD}#section-3`,
    behavior:
      'a client id with user information, fragment, query, dot segments, a port, http or no path is refused',
  },
  'document-id-length': {
    source: `${CIMD}#section-3`,
    behavior: 'long, multi-line and upper-case ids are refused, and no URL stands in a key',
  },
  'document-id-own-host': {
    source: `${CIMD}#section-6.5`,
    behavior: 'a client id on a host of this gateway is refused without asking ourselves',
  },
  'document-special-addresses': {
    source: `${RFC}/rfc6890`,
    behavior:
      'nothing is connected to for an address, in whatever notation, or a name of this machine',
  },
  'document-names-of-special-addresses': {
    source: `${RFC}/rfc6890#section-2`,
    behavior:
      'a name that leads to any address that is not public, alone or beside one that is, leads nowhere',
  },
  'document-rebinding': {
    source: `${CIMD}#section-6.5`,
    behavior: 'a name is looked up once and the connection goes to the address that was checked',
  },
  'document-no-redirects': {
    source: `${CIMD}#section-4`,
    behavior: 'only 200 is an answer: redirects are not followed and errors are errors',
  },
  'document-deadline': {
    source: `${CIMD}#section-6.5`,
    behavior: 'a slow handshake, slow headers or a slow body end with a page after five seconds',
  },
  'document-size': {
    source: `${CIMD}#section-6.6`,
    behavior: 'more than 10 KB, compressed or not, is refused',
  },
  'document-type': {
    source: `${CIMD}#section-4`,
    behavior: 'only JSON in UTF-8 counts, by its content type and by its bytes',
  },
  'document-identity': {
    source: `${CIMD}#section-4.1`,
    behavior: 'client_id must be the URL, character by character',
  },
  'document-defects': {
    source: `${CIMD}#section-4.1`,
    behavior:
      'what is no JSON object, ambiguous, without a name or redirect URIs, or has secrets of any kind is refused',
  },
  'document-not-reflected': {
    source: `${CIMD}#section-6.5`,
    behavior: 'a page about a document quotes nothing of what was fetched and leads nowhere',
  },
  'document-tls': {
    source: `${CIMD}#section-3`,
    behavior: 'self-signed, foreign, expired certificates and those of another host are refused',
  },
  'document-cache': {
    source: `${RFC}/rfc9111#section-4.2`,
    behavior: 'within max-age two authorizations fetch once; with no-store each fetches',
  },
  'document-errors-not-cached': {
    source: `${CIMD}#section-4.4`,
    behavior: 'a document that was wrong or away is asked for again by the next request',
  },
  'document-held': {
    source: `${CIMD}#section-4.4`,
    behavior:
      'a login goes on with the last good document when its server is away; a new one gets a page',
  },
  'document-change': {
    source: `${CIMD}#section-4.4`,
    behavior: 'a redirect URI that left the document is refused as soon as that was fetched',
  },
  'document-limits': {
    source: `${CIMD}#section-6.5`,
    behavior:
      'one address cannot make us fetch any number of URLs; known documents are not hindered',
  },
  'document-room': {
    source: `${CIMD}#section-6.5`,
    behavior:
      'key sets that never answer keep no document from being fetched, nor do documents of one address',
  },
  'document-advertised': {
    source: `${CIMD}#section-5`,
    behavior: 'support is advertised only while documents can be fetched, by all processes alike',
  },
  'document-not-accepted': {
    source: `${CIMD}#section-5`,
    behavior: 'switched off, it is not advertised and a URL is refused in clear words',
  },
  'assertion-accepted': {
    source: `${RFC}/rfc7523#section-3`,
    behavior: 'an assertion of each advertised algorithm authenticates, with or without client_id',
  },
  'assertion-required': {
    source: `${CIMD}#section-6.2`,
    behavior: 'a client whose document declares private_key_jwt gets 401 without an assertion',
  },
  'assertion-once': {
    source: `${RFC}/rfc7523#section-3`,
    behavior: 'an assertion counts once, also when it is sent to two processes at once',
  },
  'assertion-claims': {
    source: `${RFC}/rfc7523#section-3`,
    behavior: 'wrong or missing iss, sub, aud, exp, jti, and times that are not now, are refused',
  },
  'assertion-signature': {
    source: `${RFC}/rfc8725#section-3`,
    behavior: 'alg none, a symmetric key made of the public one, and foreign keys are refused',
  },
  'assertion-key-rotation': {
    source: `${RFC}/rfc7517#section-5`,
    behavior: 'a key that was published since is found by one more fetch, garbage causes no more',
  },
  'assertion-keys-away': {
    source: `${RFC}/rfc7523#section-3`,
    behavior:
      'when its keys cannot be fetched the client is told to try again, not that it is wrong',
  },
  'assertion-key-limits': {
    source: `${CIMD}#section-6.5`,
    behavior: 'one address cannot make us fetch any number of key sets; another is not hindered',
  },
  'assertion-one-way': {
    source: `${RFC}/rfc6749#section-2.3`,
    behavior: 'an assertion beside a secret or of another client than client_id is invalid_request',
  },
  'authentication-failures': {
    source: `${RFC}/rfc6749#section-2.3.1`,
    behavior: 'failures of one address for one client are limited; success never is',
  },
} as const satisfies Record<string, Requirement>
