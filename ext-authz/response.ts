/** Decision → CheckResponse: identity headers for a yes, status, challenge and body for a no. */

import { formatChallenge } from '../lib/oauth/challenge.ts'
import { toIdentityHeaders } from '../lib/oauth/identity-headers.ts'
import { formatScope } from '../lib/oauth/scope.ts'
import type { HeaderValueOption } from '../proto/gen/envoy/config/core/v3/base.ts'
import { HeaderValueOption_HeaderAppendAction as Append } from '../proto/gen/envoy/config/core/v3/base.ts'
import type { CheckResponse } from '../proto/gen/envoy/service/auth/v3/external_auth.ts'
import type { StatusCode } from '../proto/gen/envoy/type/v3/http_status.ts'
import { type Decision, type Denial, toWireDenial, type WireDenial } from './decision.ts'

/** gRPC codes; anything but OK is a refusal to Envoy. */
const OK = 0
const PERMISSION_DENIED = 7
const UNAVAILABLE = 14

/** Credentials are for us and never travel on (token passthrough). */
const NEVER_UPSTREAM = ['authorization', 'proxy-authorization', 'cookie']

const RETRY_AFTER_SECONDS = '1'

export function toCheckResponse(decision: Decision): CheckResponse {
  return decision.allow ? toAllowance(decision.identity) : toDenial(decision)
}

/** Every managed header is either overwritten or removed: one left alone would be the caller's own. */
function toAllowance(identity: Parameters<typeof toIdentityHeaders>[0]): CheckResponse {
  const headers = Object.entries(toIdentityHeaders(identity))
  const empty = headers.filter(([, value]) => value === '').map(([name]) => name)
  return {
    status: { code: OK, message: '' },
    dynamicMetadata: undefined,
    httpResponse: {
      $case: 'okResponse',
      value: {
        headers: headers
          .filter(([, value]) => value !== '')
          .map(([name, value]) => set(name, value)),
        headersToRemove: [...NEVER_UPSTREAM, ...empty],
      },
    },
  }
}

function toDenial(denial: Denial): CheckResponse {
  const wire = toWireDenial(denial.reason)
  const challenge = toChallenge(denial, wire)
  const value = {
    status: { code: wire.status as StatusCode },
    headers: [
      set('content-type', 'application/json'),
      set('cache-control', 'no-store'),
      ...(challenge === undefined ? [] : [set('www-authenticate', challenge)]),
      ...(wire.status === 503 ? [set('retry-after', RETRY_AFTER_SECONDS)] : []),
    ],
    body: JSON.stringify({ error: wire.error, error_description: wire.description }),
  }
  return wire.status === 503
    ? {
        status: { code: UNAVAILABLE, message: denial.reason },
        dynamicMetadata: undefined,
        httpResponse: { $case: 'errorResponse', value },
      }
    : {
        status: { code: PERMISSION_DENIED, message: denial.reason },
        dynamicMetadata: undefined,
        httpResponse: { $case: 'deniedResponse', value },
      }
}

/** With a scope too small: granted plus missing, so that a client asks for all it needs at once. */
function toChallenge({ resource, granted }: Denial, wire: WireDenial): string | undefined {
  if (wire.challenge === 'none' || resource === undefined) return undefined
  const scope = formatScope(new Set([...(granted ?? []), resource.baseScope]))
  const code = wire.error === 'insufficient_scope' ? wire.error : 'invalid_token'
  return formatChallenge({
    resourceMetadata: resource.metadataUrl,
    scope,
    error: wire.challenge === 'plain' ? undefined : { code, description: wire.description },
  })
}

function set(key: string, value: string): HeaderValueOption {
  return {
    header: { key, value, rawValue: Buffer.alloc(0) },
    appendAction: Append.OVERWRITE_IF_EXISTS_OR_ADD,
  }
}
