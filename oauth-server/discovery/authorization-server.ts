/** Authorization server metadata (RFC 8414 section 2, OpenID Connect Discovery 3): exactly what exists. */

import type Koa from 'koa'
import { PROMPTS } from '../authorize/request.ts'
import { AUTH_METHODS, GRANT_TYPES } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import { EMAIL } from '../scopes.ts'
import { publicDocument } from '../steps/headers.ts'
import { ASSERTION_ALGORITHMS } from '../steps/verify-assertion.ts'

export function describeAuthorizationServer(ports: Ports): Koa.Middleware[] {
  return [
    publicDocument,
    async function sendMetadata(ctx) {
      const document = toMetadataDocument(ports)
      ctx.body = (await ports.documentSupport.isAdvertised())
        ? { ...document, client_id_metadata_document_supported: true }
        : document
    },
  ]
}

function toMetadataDocument({ gateway, scopes, keyring }: Ports): object {
  const { issuer } = gateway.addresses
  // Told only where somebody can use it: nobody registers for it.
  const hasMachines = [...gateway.clients.values()].some(({ grantTypes }) =>
    grantTypes.includes('client_credentials'),
  )
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    registration_endpoint: `${issuer}/register`,
    revocation_endpoint: `${issuer}/revoke`,
    introspection_endpoint: `${issuer}/introspect`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    scopes_supported: scopes.supported,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    device_authorization_endpoint: `${issuer}/device_authorization`,
    grant_types_supported: GRANT_TYPES.filter(
      (type) => hasMachines || type !== 'client_credentials',
    ),
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    revocation_endpoint_auth_methods_supported: AUTH_METHODS,
    introspection_endpoint_auth_methods_supported: AUTH_METHODS.filter((one) => one !== 'none'),
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    subject_types_supported: ['public'],
    // While one algorithm follows another there are keys of both.
    id_token_signing_alg_values_supported: keyring.algorithms(),
    claims_supported: scopes.supported.includes(EMAIL)
      ? [...ID_TOKEN_CLAIMS, 'email', 'email_verified']
      : ID_TOKEN_CLAIMS,
    prompt_values_supported: PROMPTS,
    // Without a word it would mean yes (OpenID Connect Discovery section 3).
    request_uri_parameter_supported: false,
  }
}

/** All that an ID token or the user information can hold, beside an address. */
const ID_TOKEN_CLAIMS = [
  'iss',
  'sub',
  'aud',
  'exp',
  'iat',
  'auth_time',
  'nonce',
  'preferred_username',
]
