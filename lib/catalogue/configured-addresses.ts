/** Where the gateway is, as the operator says it: `PUBLIC_URL`, `BASE_DOMAIN` and the port. */

import { ConfigError } from '../platform/environment.ts'
import { type Addresses, hostLayout, pathLayout } from './addresses.ts'

export interface AddressValues {
  readonly PUBLIC_URL: string | undefined
  readonly BASE_DOMAIN: string | undefined
  readonly GATEWAY_PORT: number
}

/** Labels of RFC 1123 section 2.1: no dot at either end, and none beside another. */
const HOST_NAME = /^(?!.*\.\.)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/

/** @throws ConfigError */
export function toAddresses({ PUBLIC_URL, BASE_DOMAIN, GATEWAY_PORT }: AddressValues): Addresses {
  if (BASE_DOMAIN !== undefined && !HOST_NAME.test(BASE_DOMAIN)) {
    throw new ConfigError([`BASE_DOMAIN must be a host name in lower case, not "${BASE_DOMAIN}"`])
  }
  const fallback =
    BASE_DOMAIN === undefined
      ? `http://localhost:${GATEWAY_PORT}`
      : BASE_DOMAIN === 'localhost' || BASE_DOMAIN.endsWith('.localhost')
        ? `http://auth.${BASE_DOMAIN}:${GATEWAY_PORT}`
        : `https://auth.${BASE_DOMAIN}`
  const issuer = parseIssuer(PUBLIC_URL ?? fallback)
  const addresses = BASE_DOMAIN === undefined ? pathLayout(issuer) : hostLayout(issuer, BASE_DOMAIN)
  if (addresses.secure || addresses.loopback) return addresses
  throw new ConfigError([
    `PUBLIC_URL must be https:// off this machine, not "${addresses.issuer}": tokens would travel in clear`,
  ])
}

/** A host can only be one: Envoy refuses all routes where two of them are for the same. */
export function hostFaults(
  { layout, issuer, issuerHost, hostOf }: Addresses,
  services: Iterable<string>,
): string[] {
  if (layout === 'path') return []
  return [...services]
    .filter((service) => hostOf(service) === issuerHost)
    .map(
      (service) =>
        `mcpServers.${service}: its address would be that of PUBLIC_URL, ${issuer}: give one of them another name`,
    )
}

function parseIssuer(value: string): URL {
  const url = URL.parse(value)
  // Byte for byte: what is not written as an origin would have to be changed to become the issuer.
  if (
    url !== null &&
    value === url.origin &&
    (url.protocol === 'https:' || url.protocol === 'http:')
  )
    return url
  throw new ConfigError([
    `PUBLIC_URL must be http(s)://host[:port] in lower case without path or trailing slash, not "${value}"`,
  ])
}
