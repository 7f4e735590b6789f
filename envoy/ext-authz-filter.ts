/** The question to ext-authz: what it sees of a request, what it may change, and no answer means no. */

import { CREDENTIAL_HEADERS, IDENTITY_HEADERS } from '../lib/oauth/identity-headers.ts'
import { CLUSTERS } from './clusters.ts'
import { CHECK_TRY } from './retries.ts'

/** All that a decision depends on; the request id is for the log. */
const SHOWN = ['authorization', 'origin', 'x-request-id']

/** Fails closed: no answer, a late one or one we cannot read is 503. */
export function extAuthzFilter(): object {
  const changeable = [...Object.values(IDENTITY_HEADERS), ...CREDENTIAL_HEADERS]
  return {
    '@type': 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
    transport_api_version: 'V3',
    failure_mode_allow: false,
    status_on_error: { code: 'ServiceUnavailable' },
    validate_mutations: true,
    // Two Authorization headers arrive as two, not joined by a comma.
    encode_raw_headers: true,
    // The route was chosen once: no header of an answer leads elsewhere.
    clear_route_cache: false,
    allowed_headers: { patterns: SHOWN.map((exact) => ({ exact, ignore_case: true })) },
    decoder_header_mutation_rules: {
      disallow_all: true,
      allow_expression: { regex: `^(${changeable.join('|')})$` },
      disallow_is_error: true,
    },
    // How long a decision took, for the access log.
    emit_filter_state_stats: true,
    grpc_service: {
      timeout: '1s',
      envoy_grpc: {
        cluster_name: CLUSTERS.extAuthz,
        authority: 'ext-authz',
        skip_envoy_headers: true,
      },
      retry_policy: CHECK_TRY,
    },
  }
}
