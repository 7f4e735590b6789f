/** What Envoy would ask ext-authz, as bytes. */

import { CheckRequest } from '../../../proto/gen/envoy/service/auth/v3/external_auth.ts'

export interface Asked {
  readonly service: string
  readonly path: string
  readonly headers: readonly (readonly [key: string, value: string])[]
  /** As Envoy sends them, or as people do by hand. */
  readonly isRaw: boolean
}

export function toCheckRequest({ service, path, headers, isRaw }: Asked): Buffer {
  const map = headers.map(([key, value]) =>
    isRaw
      ? { key, value: '', rawValue: Buffer.from(value, 'latin1') }
      : { key, value, rawValue: Buffer.alloc(0) },
  )
  const http = { method: 'POST', path, host: 'gw.example', scheme: 'https' }
  const request = { http: { ...http, headers: {}, headerMap: { headers: map } } }
  const attributes = { request, contextExtensions: { service } }
  return Buffer.from(CheckRequest.encode({ attributes }).finish())
}
