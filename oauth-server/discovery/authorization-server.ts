/** Authorization server metadata (RFC 8414 section 2, OpenID Connect Discovery 3): exactly what exists. */

import type Koa from 'koa'
import { PROMPTS } from '../authorize/request.ts'
import { AUTH_METHODS, GRANT_TYPES } from '../clients/client.ts'
import type { Ports } from '../ports.ts'
import { publicDocument } from '../steps/headers.ts'

export function describeAuthorizationServer(ports: Ports): Koa.Middleware[] {
  const document = toMetadataDocument(ports)
  return [
    publicDocument,
    async function sendMetadata(ctx) {
      ctx.body = document
    },
  ]
}

function toMetadataDocument({ gateway, scopes, config }: Ports): object {
  const { issuer } = gateway.addresses
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    registration_endpoint: `${issuer}/register`,
    jwks_uri: `${issuer}/jwks`,
    scopes_supported: scopes.supported,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: GRANT_TYPES,
    token_endpoint_auth_methods_supported: AUTH_METHODS,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [config.SIGNING_ALGORITHM],
    prompt_values_supported: PROMPTS,
    // Without a word it would mean yes (OpenID Connect Discovery section 3).
    request_uri_parameter_supported: false,
  }
}
