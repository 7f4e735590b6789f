/**
 * One JSON line a request: who asked for what, what was decided and why, and how long each took.
 *
 * Never a query (it may hold codes), a header of the caller's, or anything of a token but whose it is. Of a
 * refusal ext-authz says that in words (`lib/oauth/decision-record.ts`); of whoever is let in it stands in the
 * headers that the upstream gets, and to say it twice would cost each of them as much as the log itself.
 */

import { DECISION_RECORD } from '../lib/oauth/decision-record.ts'
import { IDENTITY_HEADERS } from '../lib/oauth/identity-headers.ts'
import { detailsAre, holds } from './expressions.ts'
import { EXT_AUTHZ_FILTER } from './filters.ts'

/** Of what a caller writes: a stranger's long lines would push everybody else's out of the log. */
const CHARACTERS_MAX = { method: 32, path: 512 } as const

/** Of Envoy's making. */
const REQUEST_ID = { request_id: '%REQ(X-REQUEST-ID):64%' }

/** What a route says of itself to the log. */
const ROUTE_RECORD = 'mcp_gateway'

/** Of a route that is decided on: whose it is. */
export function loggedAs(service: string): object {
  return { filter_metadata: { [ROUTE_RECORD]: { service } } }
}

const REFUSAL = Object.fromEntries(
  Object.values(DECISION_RECORD).map((key) => [
    key,
    `%DYNAMIC_METADATA(${EXT_AUTHZ_FILTER}:${key})%`,
  ]),
)

const ALLOWANCE = {
  [DECISION_RECORD.decision]: 'allow',
  [DECISION_RECORD.user]: `%REQ(${IDENTITY_HEADERS.userId})%`,
  [DECISION_RECORD.client]: `%REQ(${IDENTITY_HEADERS.clientId})%`,
}

/** ext-authz could not be asked, or gave no answer that counts: what Envoy makes of that. */
const UNANSWERED = {
  [DECISION_RECORD.decision]: 'deny',
  [DECISION_RECORD.reason]: 'authz_unavailable',
}

/** Of a listener on which nothing is decided. */
export function plainLogs(): readonly object[] {
  return [{ ...lineWith({}), filter: hasRoute(true) }, unrouted()]
}

/** One line for each request, whoever it is from: of the four filters each is what the others leave. */
export function decisionLogs(): readonly object[] {
  return [
    {
      ...lineWith(ALLOWANCE),
      filter: { and_filter: { filters: [hasIdentity(true), hasRoute(true)] } },
    },
    {
      ...lineWith(REFUSAL),
      filter: {
        and_filter: {
          filters: [
            hasIdentity(false),
            hasRoute(true),
            { or_filter: { filters: [hasRecord(true), isUnanswered(false)] } },
          ],
        },
      },
    },
    {
      ...lineWith(UNANSWERED),
      // The flag first, which is cheap: all others end there.
      filter: {
        and_filter: {
          filters: [
            { response_flag_filter: { flags: ['UAEX'] } },
            isUnanswered(true),
            hasRecord(false),
          ],
        },
      },
    },
    unrouted(),
  ]
}

/** Refused before a route was looked for, and before Envoy gave it an id: what stands there is the caller's. */
function unrouted(): object {
  return { ...lineWith({}, {}), filter: hasRoute(false) }
}

/** Set with each allowance, and never empty. */
function hasIdentity(wanted: boolean): object {
  const header = { name: IDENTITY_HEADERS.expiresAt, present_match: true, invert_match: !wanted }
  return { header_filter: { header } }
}

/**
 * Headers that only the edge may set are taken off before a route is looked for: in a request that was refused
 * even earlier they are still the caller's, who could write lines about others.
 */
function hasRoute(wanted: boolean): object {
  return holds('has(xds.route_name)', wanted)
}

/** Also where ext-authz itself says that it cannot tell, which then is in its record. */
function isUnanswered(wanted: boolean): object {
  return holds(detailsAre('ext_authz_error'), wanted)
}

/** Whether ext-authz has said what it decided. */
function hasRecord(wanted: boolean): object {
  return {
    metadata_filter: {
      matcher: {
        filter: EXT_AUTHZ_FILTER,
        path: [{ key: DECISION_RECORD.decision }],
        value: { present_match: wanted },
      },
      match_if_key_not_found: !wanted,
    },
  }
}

function lineWith(
  decision: Readonly<Record<string, string>>,
  id: Readonly<Record<string, string>> = REQUEST_ID,
): object {
  return {
    name: 'envoy.access_loggers.stdout',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog',
      log_format: {
        // What a request has no value for does not stand there.
        omit_empty_values: true,
        json_format: {
          level: 'info',
          time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
          name: 'envoy',
          msg: 'request',
          ...id,
          address: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
          protocol: '%PROTOCOL%',
          method: `%REQ(:METHOD):${CHARACTERS_MAX.method}%`,
          path: `%PATH(NQ:PATH):${CHARACTERS_MAX.path}%`,
          status: '%RESPONSE_CODE%',
          details: '%RESPONSE_CODE_DETAILS%',
          flags: '%RESPONSE_FLAGS%',
          upstream: '%UPSTREAM_CLUSTER%',
          ...decision,
          service: `%METADATA(ROUTE:${ROUTE_RECORD}:service)%`,
          decided_us: `%FILTER_STATE(${EXT_AUTHZ_FILTER}:FIELD:latency_us)%`,
          took_ms: '%DURATION%',
          bytes_received: '%BYTES_RECEIVED%',
          bytes_sent: '%BYTES_SENT%',
        },
      },
    },
  }
}
