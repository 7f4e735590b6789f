/**
 * Resource indicators: which service a `resource` parameter means (RFC 8707 section 2).
 *
 * A service's resource is its MCP endpoint, byte for byte. Tolerated, because clients send it: one
 * trailing slash, a scheme or host in capitals, and the bare origin, which names no service by itself.
 */

import type { Gateway } from '../lib/catalogue/gateway.ts'

export type ResourceMeaning =
  | { readonly kind: 'service'; readonly service: string }
  /** Nothing said: the only service there is, or the person's choice. */
  | { readonly kind: 'default' }
  | { readonly kind: 'unknown' }

export interface Resources {
  /** `undefined` stands for a request that names none. */
  resolve(resource: string | undefined): ResourceMeaning
  resourceOf(service: string): string
}

export function createResources({ addresses, services }: Gateway): Resources {
  const names = [...services.keys()]
  const only = names.length === 1 ? names[0] : undefined
  const byResource = new Map(names.map((name) => [addresses.resourceOf(name), name]))
  const unnamed: ResourceMeaning =
    only === undefined ? { kind: 'default' } : { kind: 'service', service: only }
  const byOrigin = new Map<string, ResourceMeaning>([[addresses.issuer, unnamed]])
  if (addresses.layout === 'host') {
    for (const [resource, service] of byResource) {
      byOrigin.set(new URL(resource).origin, { kind: 'service', service })
    }
  }
  return {
    resolve(resource) {
      if (resource === undefined) return unnamed
      const text = normalize(resource)
      const service = byResource.get(text)
      if (service !== undefined) return { kind: 'service', service }
      return byOrigin.get(text) ?? { kind: 'unknown' }
    },
    resourceOf: addresses.resourceOf,
  }
}

/** RFC 3986 section 6.2.2.1: scheme and host know no case; everything after them does. */
function normalize(resource: string): string {
  return resource
    .replace(/^[a-z]+:\/\/[^/?#@]*/i, (start) => start.toLowerCase())
    .replace(/\/$/, '')
}
