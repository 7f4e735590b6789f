/** The protected resources by service name: audience, scope and challenge of each. */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import type { LiveGateway } from '../lib/catalogue/live-gateway.ts'
import { DEFAULT_SCOPE } from '../lib/oauth/scope.ts'

export interface ProtectedResource {
  readonly service: string
  /** The resource identifier, which is the one audience accepted (RFC 8707 section 2). */
  readonly identifier: string
  readonly metadataUrl: string
  /** What every token needs here. */
  readonly baseScope: string
  /** Whether the store is asked at each request, however fresh our memory of it is. */
  readonly asksEachTime: boolean
}

/** Finds by the name that the matched route carries: never by path or Host of the request. */
export type FindResource = (service: string) => ProtectedResource | undefined

function readResources({ addresses, services }: Gateway): FindResource {
  const resources = new Map<string, ProtectedResource>()
  for (const [service, { revocation }] of services) {
    const identifier = addresses.resourceOf(service)
    resources.set(service, {
      service,
      identifier,
      metadataUrl: addresses.metadataUrlOf(service),
      baseScope: DEFAULT_SCOPE,
      asksEachTime: revocation === 'strict',
    })
  }
  return (service) => resources.get(service)
}

/** Of the services that there are at each moment. */
export function liveResources(live: Pick<LiveGateway, 'current'>): FindResource {
  let gateway = live.current
  let find = readResources(gateway)
  return (service) => {
    if (gateway !== live.current) {
      gateway = live.current
      find = readResources(gateway)
    }
    return find(service)
  }
}
