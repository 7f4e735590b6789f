/**
 * Resource indicators: which service a `resource` parameter means (RFC 8707 section 2).
 *
 * A service's resource is its MCP endpoint, byte for byte. Tolerated, because clients send it: one
 * trailing slash, a scheme or host in capitals, the scheme's own port, and the bare origin, which names
 * no service by itself.
 */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'

export type ResourceMeaning =
  | { readonly kind: 'service'; readonly service: string }
  /** Nothing said: at the authorization endpoint `defaultService`, later what was granted. */
  | { readonly kind: 'default' }
  | { readonly kind: 'unknown' }

export interface Resources {
  /** `undefined` stands for a request that names none. */
  resolve(resource: string | undefined): ResourceMeaning
  /** What a request means that names no service; undefined leaves the choice to the person. */
  readonly defaultService: string | undefined
  resourceOf(service: string): string
}

/** Undefined for what is no resource of one service. */
export function serviceOf(resources: Resources, resource: string | undefined): string | undefined {
  const meaning = resources.resolve(resource)
  return meaning.kind === 'service' ? meaning.service : undefined
}

/** Of the services that there are at each moment. @param configured the operator's choice among several. */
export function createResources(
  live: Pick<LiveGateway, 'current'>,
  configured?: string | undefined,
): Resources {
  let gateway = live.current
  let names = readNames(gateway)
  const current = (): Names => {
    if (gateway !== live.current) {
      gateway = live.current
      names = readNames(gateway)
    }
    return names
  }
  return {
    resolve(resource) {
      if (resource === undefined) return { kind: 'default' }
      const { byResource, byOrigin } = current()
      // A grant has it as it stands there.
      const text = byResource.has(resource) ? resource : normalize(resource)
      const service = byResource.get(text)
      if (service !== undefined) return { kind: 'service', service }
      return byOrigin.get(text) ?? { kind: 'unknown' }
    },
    get defaultService() {
      const { services } = live.current
      if (configured !== undefined && services.has(configured)) return configured
      const [only] = services.keys()
      return services.size === 1 ? only : undefined
    },
    resourceOf: gateway.addresses.resourceOf,
  }
}

interface Names {
  readonly byResource: ReadonlyMap<string, string>
  readonly byOrigin: ReadonlyMap<string, ResourceMeaning>
}

function readNames({ addresses, services }: Gateway): Names {
  const byResource = new Map([...services.keys()].map((name) => [addresses.resourceOf(name), name]))
  const byOrigin = new Map<string, ResourceMeaning>([[addresses.issuer, { kind: 'default' }]])
  if (addresses.layout === 'host') {
    for (const [resource, service] of byResource) {
      byOrigin.set(new URL(resource).origin, { kind: 'service', service })
    }
  }
  return { byResource, byOrigin }
}

/**
 * RFC 3986 sections 6.2.2.1 and 6.2.3: scheme and host know no case, and a scheme's own port says
 * nothing; everything after them is compared as it stands.
 */
function normalize(resource: string): string {
  return resource
    .replace(/^[a-z]+:\/\/[^/?#@]*/i, (start) =>
      start.toLowerCase().replace(/^(https:.*):443$|^(http:.*):80$/, '$1$2'),
    )
    .replace(/\/$/, '')
}
