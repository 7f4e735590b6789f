/**
 * The two address layouts behind one set of functions.
 *
 * Path layout: everything on the issuer's origin, services at `/<service>/mcp`. Host layout
 * (`BASE_DOMAIN`): the issuer at `auth.<domain>`, each service at `<service>.<domain>/mcp`.
 */

import { protectedResourceMetadataUrl } from '../oauth/well-known.ts'

export type Layout = 'path' | 'host'

export interface Addresses {
  readonly layout: Layout
  /** The issuer, byte for byte as configured: an origin without a trailing slash. */
  readonly issuer: string
  /** Whether people reach it over TLS. */
  readonly secure: boolean
  /** Whether only this machine can reach it: the condition for everything made for development. */
  readonly loopback: boolean
  /** `host[:port]` of the issuer, as a Host header carries it. */
  readonly issuerHost: string
  /** `host[:port]` under which a service is reached. */
  readonly hostOf: (service: string) => string
  /** Path of a service's MCP endpoint on its host. */
  readonly pathOf: (service: string) => string
  /** The MCP endpoint, which is the resource identifier and the audience of its tokens. */
  readonly resourceOf: (service: string) => string
  /** Where that one is described. */
  readonly metadataUrlOf: (service: string) => string
}

export function pathLayout(issuer: URL): Addresses {
  const resourceOf = (service: string): string => `${issuer.origin}/${service}/mcp`
  return {
    ...common(issuer),
    layout: 'path',
    hostOf: () => issuer.host,
    pathOf: (service) => `/${service}/mcp`,
    resourceOf,
    metadataUrlOf: (service) => protectedResourceMetadataUrl(resourceOf(service)),
  }
}

/** `suffix` is the port part, `:8642`, or empty. */
export function hostLayout(issuer: URL, baseDomain: string): Addresses {
  const suffix = issuer.port === '' ? '' : `:${issuer.port}`
  const hostOf = (service: string): string => `${service}.${baseDomain}${suffix}`
  const resourceOf = (service: string): string => `${issuer.protocol}//${hostOf(service)}/mcp`
  return {
    ...common(issuer),
    layout: 'host',
    hostOf,
    pathOf: () => '/mcp',
    resourceOf,
    metadataUrlOf: (service) => protectedResourceMetadataUrl(resourceOf(service)),
  }
}

function common(issuer: URL): Pick<Addresses, 'issuer' | 'secure' | 'loopback' | 'issuerHost'> {
  return {
    issuer: issuer.origin,
    secure: issuer.protocol === 'https:',
    loopback: isLoopbackHost(issuer.hostname),
    issuerHost: issuer.host,
  }
}

/** Names that mean this machine (RFC 6761 section 6.3 gives `localhost` its subdomains too). */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '127.0.0.1' ||
    hostname === '[::1]'
  )
}
