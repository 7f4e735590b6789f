/** For which names the certificate has to be: the issuer and every service, in one. */

import type { Gateway } from '../lib/catalogue/gateway.ts'
import type { Pair } from './pair.ts'

type Addressed = Pick<Gateway, 'addresses' | 'services'>

/** Without ports, each once, the issuer first. */
export function hostNames({ addresses, services }: Addressed): string[] {
  const hosts = [addresses.issuerHost, ...[...services.keys()].map(addresses.hostOf)]
  return [...new Set(hosts.map(withoutPort))]
}

/** The fewest names that cover all of them when whole domains can be had (DNS-01). */
export function wildcardNames(gateway: Addressed): string[] {
  if (gateway.addresses.layout === 'path') return hostNames(gateway)
  const [issuer = ''] = hostNames(gateway)
  const base = withoutPort(gateway.addresses.hostOf('x')).slice('x.'.length)
  const wildcard = `*.${base}`
  // An authority refuses a name that the wildcard has already.
  const isCovered = issuer.slice(issuer.indexOf('.') + 1) === base
  return isCovered ? [wildcard] : [issuer, wildcard]
}

/** On this machine each of its names is ours. */
export function developmentNames(gateway: Addressed): string[] {
  return [...new Set(['localhost', '*.localhost', '127.0.0.1', '::1', ...hostNames(gateway)])]
}

/** Those that a client reaches under a certificate that is not for them. */
export function missingNames(pair: Pair, gateway: Addressed): string[] {
  return hostNames(gateway).filter((name) => !pair.covers(name))
}

function withoutPort(host: string): string {
  return new URL(`https://${host}`).hostname.replaceAll(/[[\]]/g, '')
}
