/**
 * One JSON line a request: who asked for what, what was decided and why, and how long each took.
 *
 * Never a query (it may hold codes), a header of the caller's, or anything of a token but what
 * ext-authz says of it in words (`lib/oauth/decision-record.ts`).
 */

import { DECISION_RECORD } from '../lib/oauth/decision-record.ts'
import { EXT_AUTHZ_FILTER } from './filters.ts'

const DECISION = Object.fromEntries(
  Object.values(DECISION_RECORD).map((key) => [
    key,
    `%DYNAMIC_METADATA(${EXT_AUTHZ_FILTER}:${key})%`,
  ]),
)

export function accessLog(): object {
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
          request_id: '%REQ(X-REQUEST-ID)%',
          address: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%',
          protocol: '%PROTOCOL%',
          method: '%REQ(:METHOD)%',
          path: '%PATH(NQ:PATH)%',
          status: '%RESPONSE_CODE%',
          details: '%RESPONSE_CODE_DETAILS%',
          flags: '%RESPONSE_FLAGS%',
          upstream: '%UPSTREAM_CLUSTER%',
          ...DECISION,
          decided_us: `%FILTER_STATE(${EXT_AUTHZ_FILTER}:FIELD:latency_us)%`,
          took_ms: '%DURATION%',
          bytes_received: '%BYTES_RECEIVED%',
          bytes_sent: '%BYTES_SENT%',
        },
      },
    },
  }
}
