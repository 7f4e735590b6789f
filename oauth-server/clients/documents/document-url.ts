/** Client ids that are URLs (draft-ietf-oauth-client-id-metadata-document section 3). */

import type { Gateway } from '../../../lib/catalogue/gateway.ts'
import { outboundUrlFault } from '../../../lib/platform/outbound/outbound-url.ts'

/** Host names under which this gateway is reached. */
export type OwnHosts = ReadonlySet<string>

export function ownHostsOf({ addresses, services }: Gateway): OwnHosts {
  const hosts = [addresses.issuerHost, ...[...services.keys()].map(addresses.hostOf)]
  return new Set(hosts.map((host) => new URL(`https://${host}`).hostname))
}

/** Ids that this server makes are never URLs. */
export function isDocumentUrl(id: string): boolean {
  return /^https?:/i.test(id)
}

/** Why no client may be named so, to be read after "the URL"; undefined when it may. */
export function documentUrlFault(text: string, ownHosts: OwnHosts): string | undefined {
  const fault = askedUrlFault(text, ownHosts)
  if (fault !== undefined) return fault
  const { pathname } = new URL(text)
  // Allowed and discouraged by the draft: two spellings of a query would be two clients.
  if (text.includes('?')) return 'has a query'
  if (pathname === '/') return 'has no path'
  return /%2e|%2f|%5c/i.test(pathname) ? 'has encoded dots or slashes' : undefined
}

/** As `outboundUrlFault`; and whoever asked us would be answered by us. */
export function askedUrlFault(text: string, ownHosts: OwnHosts): string | undefined {
  const fault = outboundUrlFault(text)
  if (fault !== undefined) return fault
  return ownHosts.has(new URL(text).hostname) ? 'is one of this gateway itself' : undefined
}
