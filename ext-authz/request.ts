/** CheckRequest → CheckInput: what of Envoy's question the decision may see. */

import { REQUEST_ID_HEADER } from '../lib/platform/log.ts'
import type { HeaderValue } from '../proto/gen/envoy/config/core/v3/base.ts'
import { CheckRequest } from '../proto/gen/envoy/service/auth/v3/external_auth.ts'
import type { CheckInput } from './check.ts'

/** The route's context extension that names the service. */
const SERVICE_EXTENSION = 'service'

const NOTHING = Buffer.alloc(0)

/** As in Envoy's log: over HTTP/2 a stranger's method may be as long as all headers together. */
const LOGGED_CHARACTERS_MAX = { method: 32, path: 512 } as const

export interface ParsedRequest {
  readonly input: CheckInput
  /** For the log only. */
  readonly requestId: string | undefined
  readonly method: string
  readonly path: string
}

/** @throws Error for bytes that are no such message. */
export function parseCheckRequest(message: Buffer): ParsedRequest {
  const { attributes } = CheckRequest.decode(message)
  const http = attributes?.request?.http
  const headers = http === undefined ? [] : (http.headerMap?.headers ?? listed(http.headers))
  return {
    input: {
      service: attributes?.contextExtensions[SERVICE_EXTENSION],
      authorization: valuesOf(headers, 'authorization'),
      origin: valuesOf(headers, 'origin'),
    },
    requestId: valuesOf(headers, REQUEST_ID_HEADER)[0],
    method: http?.method.slice(0, LOGGED_CHARACTERS_MAX.method) ?? '',
    // Envoy's path includes the query, which may hold anything.
    path: http?.path.split('?', 1)[0]?.slice(0, LOGGED_CHARACTERS_MAX.path) ?? '',
  }
}

/** Envoy's usual form, in which values of one name are one text: several tokens are no token. */
function listed(headers: Readonly<Record<string, string>>): HeaderValue[] {
  return Object.entries(headers).map(([key, value]) => ({ key, value, rawValue: NOTHING }))
}

/** Each of them, apart. Envoy sends names in lower case; whoever asks by hand may not. */
function valuesOf(headers: readonly HeaderValue[], name: string): string[] {
  const values: string[] = []
  for (const { key, value, rawValue } of headers) {
    if (key !== name && key.toLowerCase() !== name) continue
    values.push(rawValue.length > 0 ? rawValue.toString('latin1') : value)
  }
  return values
}
