/** CheckRequest → CheckInput: what of Envoy's question the decision may see. */

import { REQUEST_ID_HEADER } from '../lib/platform/log.ts'
import type { CheckRequest } from '../proto/gen/envoy/service/auth/v3/external_auth.ts'
import type { CheckInput } from './check.ts'

/** The route's context extension that names the service. */
export const SERVICE_EXTENSION = 'service'

export interface ParsedRequest {
  readonly input: CheckInput
  /** For the log only. */
  readonly requestId: string | undefined
  readonly method: string
  readonly path: string
}

export function parseCheckRequest({ attributes }: CheckRequest): ParsedRequest {
  const http = attributes?.request?.http
  const values = (name: string): string[] =>
    (http?.headerMap?.headers ?? [])
      .filter(({ key }) => key.toLowerCase() === name)
      .map(({ value, rawValue }) => (rawValue.length > 0 ? rawValue.toString('latin1') : value))
  return {
    input: {
      service: attributes?.contextExtensions[SERVICE_EXTENSION],
      authorization: values('authorization'),
      origin: values('origin'),
    },
    requestId: values(REQUEST_ID_HEADER)[0],
    method: http?.method ?? '',
    // Envoy's path includes the query, which may hold anything.
    path: http?.path.split('?')[0] ?? '',
  }
}
