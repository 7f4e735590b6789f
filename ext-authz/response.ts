/**
 * Decision → CheckResponse: identity headers for a yes, status, challenge and body for a no.
 *
 * Answers are encoded once or twice: a decision about a token that was verified before is the same object each
 * time, and refusals differ by resource and reason alone.
 */

import { formatChallenge } from '../lib/oauth/challenge.ts'
import { DECISION_RECORD } from '../lib/oauth/decision-record.ts'
import {
  CREDENTIAL_HEADERS,
  encodeIdentity,
  IDENTITY_HEADERS,
  toIdentityHeaders,
} from '../lib/oauth/identity-headers.ts'
import { formatScope } from '../lib/oauth/scope.ts'
import type { HeaderValueOption } from '../proto/gen/envoy/config/core/v3/base.ts'
import { HeaderValueOption_HeaderAppendAction as Append } from '../proto/gen/envoy/config/core/v3/base.ts'
import { CheckResponse } from '../proto/gen/envoy/service/auth/v3/external_auth.ts'
import type { StatusCode } from '../proto/gen/envoy/type/v3/http_status.ts'
import {
  type Allowance,
  type Decision,
  type Denial,
  type DenyReason,
  toWireDenial,
  type WireDenial,
} from './decision.ts'
import { createAllowanceEncoder } from './encode-allowance.ts'
import type { ProtectedResource } from './resources.ts'

/** gRPC codes; anything but 0 is a refusal to Envoy. */
const PERMISSION_DENIED = 7
const UNAVAILABLE = 14

const RETRY_AFTER_SECONDS = '1'

/** Every managed header is either overwritten or removed: one left alone would be the caller's own. */
const ALLOWANCES = createAllowanceEncoder(Object.values(IDENTITY_HEADERS), CREDENTIAL_HEADERS)
const NOTHING = Buffer.alloc(0)

const encodedRefusals = new WeakMap<ProtectedResource, Map<DenyReason, Buffer>>()

/** The message's bytes. */
export function encodeDecision(decision: Decision): Buffer {
  const { allow } = decision
  // Whose token it is differs, and what it was granted; nothing else of a refusal does.
  if (!allow && decision.resource !== undefined && decision.caller === undefined) {
    return encodeRefusal(decision, decision.resource)
  }
  if (decision.encoded) return Buffer.from(decision.encoded, 'latin1')
  const encoded = decision.allow ? encodeAllowance(decision) : encode(decision).toString('latin1')
  decision.encoded = decision.encoded === undefined ? '' : encoded
  return Buffer.from(encoded, 'latin1')
}

/** Nothing of it for Envoy's log: Envoy would take it apart for each request, and it stands in the headers. */
function encodeAllowance({ identity }: Allowance): string {
  return ALLOWANCES.encode(toIdentityHeaders(identity))
}

function encodeRefusal(denial: Denial, resource: ProtectedResource): Buffer {
  const byReason = encodedRefusals.get(resource) ?? new Map<DenyReason, Buffer>()
  encodedRefusals.set(resource, byReason)
  const encoded = byReason.get(denial.reason) ?? encode(denial)
  byReason.set(denial.reason, encoded)
  return encoded
}

function encode(denial: Denial): Buffer {
  return Buffer.from(CheckResponse.encode(toCheckResponse(denial)).finish())
}

export function toCheckResponse(denial: Denial): CheckResponse {
  const wire = toWireDenial(denial.reason)
  const challenge = toChallenge(denial, wire)
  const dynamicMetadata = toRecord(denial)
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
        dynamicMetadata,
        httpResponse: { $case: 'errorResponse', value },
      }
    : {
        status: { code: PERMISSION_DENIED, message: denial.reason },
        dynamicMetadata,
        httpResponse: { $case: 'deniedResponse', value },
      }
}

/** What the access log shows of it. */
function toRecord({ reason, caller }: Denial): Record<string, string> {
  return {
    [DECISION_RECORD.decision]: 'deny',
    [DECISION_RECORD.reason]: reason,
    ...(caller && {
      [DECISION_RECORD.user]: encodeIdentity(caller.userId),
      [DECISION_RECORD.client]: encodeIdentity(caller.clientId),
    }),
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
    header: { key, value, rawValue: NOTHING },
    appendAction: Append.OVERWRITE_IF_EXISTS_OR_ADD,
  }
}
