/** Codes, refresh tokens, revocation, introspection, user information and keys. */

import { type Requirement, RFC } from './requirement.ts'

const OIDC = 'https://openid.net/specs/openid-connect-core-1_0.html'
const DISCOVERY = 'https://openid.net/specs/openid-connect-discovery-1_0.html'

export const TOKENS = {
  'revoke-refresh-ends-grant': {
    source: `${RFC}/rfc7009#section-2.1`,
    behavior:
      'a revoked refresh token, also one exchanged already, ends its grant: the edge refuses it within two seconds',
  },
  'revoke-access-alone': {
    source: `${RFC}/rfc7009#section-2.1`,
    behavior:
      'the edge refuses a revoked access token within two seconds, and the rest of its grant lives on',
  },
  'revoke-replayed-code': {
    source: `${RFC}/rfc6749#section-4.1.2`,
    behavior: 'a replayed code ends what it bought: the edge refuses it within two seconds',
  },
  'revoke-reused-refresh': {
    source: `${RFC}/rfc9700#section-4.14.2`,
    behavior:
      'a refresh token reused after its grace ends the grant: the edge refuses it within two seconds',
  },
  'revoke-own-tokens-only': {
    source: `${RFC}/rfc7009#section-2.2`,
    behavior:
      'an unknown or malformed token, or that of another client, is 200 and nothing happens',
  },
  'revoke-whatever-the-hint': {
    source: `${RFC}/rfc7009#section-2.1`,
    behavior: 'a wrong or unknown token_type_hint does not matter',
  },
  'revoke-other-types': {
    source: `${RFC}/rfc7009#section-2.2.1`,
    behavior:
      'a token of ours that cannot be revoked is unsupported_token_type, no token is invalid_request',
  },
  'revoke-authenticates': {
    source: `${RFC}/rfc7009#section-2.1`,
    behavior: 'a confidential client has to prove itself, a public one to name itself',
  },
  'introspect-authenticates': {
    source: `${RFC}/rfc7662#section-2.1`,
    behavior: 'nobody and public clients get 401 with a challenge, whatever the token',
  },
  'introspect-active': {
    source: `${RFC}/rfc7662#section-2.2`,
    behavior: 'a client learns what its own tokens stand for, and nobody may keep the answer',
  },
  'introspect-inactive': {
    source: `${RFC}/rfc7662#section-2.2`,
    behavior: 'what is not alive is exactly {"active":false} and tells nothing else',
  },
  'introspect-own-audience': {
    source: `${RFC}/rfc7662#section-4`,
    behavior: 'a service sees the access tokens that are for it and no others',
  },
  'userinfo-claims': {
    source: `${OIDC}#UserInfo`,
    behavior: 'a live token with openid tells sub, and with profile the name, by GET and by POST',
  },
  'email-claims': {
    source: `${OIDC}#ScopeClaims`,
    behavior:
      'the scope email tells a verified address by ID token and user information, or nothing',
  },
  'userinfo-one-way': {
    source: `${RFC}/rfc6750#section-2`,
    behavior: 'a token in the header and in the form at once is 400, one in the query is none',
  },
  'userinfo-challenge': {
    source: `${RFC}/rfc6750#section-3`,
    behavior: 'without a token the challenge has no error, with a bad one it has invalid_token',
  },
  'userinfo-scheme-case': {
    source: `${RFC}/rfc9110#section-11.1`,
    behavior: 'the scheme Bearer is accepted in any case',
  },
  'userinfo-scope': {
    source: `${RFC}/rfc6750#section-3.1`,
    behavior: 'a token without openid is 403 insufficient_scope and the challenge names the scope',
  },
  'userinfo-revoked': {
    source: `${RFC}/rfc6750#section-3.1`,
    behavior: 'a revoked token tells nothing',
  },
  'id-token': {
    source: `${OIDC}#IDToken`,
    behavior:
      'openid yields an ID token with nonce and auth_time for this client, signed by a key of /jwks',
  },
  'keys-rotation': {
    source: `${RFC}/rfc7517#section-4.5`,
    behavior:
      'through a rotation under two servers the tokens of the last, the current and the next key pass the edge; those of a withdrawn key do not',
  },
  'keys-algorithm-change': {
    source: `${RFC}/rfc8725#section-3.1`,
    behavior:
      'after a start with another algorithm the old tokens verify on, and the metadata names both algorithms',
  },
  'metadata-two-places': {
    source: `${RFC}/rfc8414#section-5`,
    behavior: 'the OAuth and the OpenID document are one',
  },
  'metadata-issuer': {
    source: `${RFC}/rfc8414#section-3.3`,
    behavior: 'the issuer is the configured one, whatever Host and forwarding headers say',
  },
  'metadata-other-issuers': {
    source: `${RFC}/rfc8414#section-3.1`,
    behavior: 'the document of an issuer with a path, which there is none of, is 404',
  },
  'metadata-copies': {
    source: `${RFC}/rfc8414#section-3`,
    behavior:
      'older clients find a copy at the root of every MCP endpoint’s origin, with the one issuer',
  },
  'metadata-plain': {
    source: `${RFC}/rfc8414#section-2`,
    behavior: 'the required members are there, and none is null or empty',
  },
  'metadata-public': {
    source: `${RFC}/rfc8414#section-3`,
    behavior: 'any page may read the well-known documents, and keep them for minutes only',
  },
  'metadata-pkce': {
    source: `${RFC}/rfc9700#section-2.1.1`,
    behavior: 'S256 is advertised, and plain is not',
  },
  'metadata-offline-access': {
    source: `${OIDC}#OfflineAccess`,
    behavior: 'offline_access is a scope of the server and of no resource',
  },
  'metadata-true': {
    source: `${DISCOVERY}#ProviderMetadata`,
    behavior: 'every advertised endpoint, value and flag holds when it is tried',
  },
  'metadata-true-addresses': {
    source: `${DISCOVERY}#ProviderMetadata`,
    behavior: 'e-mail addresses are advertised where a provider tells them, and then told',
  },
} as const satisfies Record<string, Requirement>
