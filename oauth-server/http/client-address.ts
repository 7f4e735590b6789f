/** Where a request comes from, as Envoy saw it. */

import { isIPv6 } from 'node:net'
import type Koa from 'koa'
import { ipv6Network, lastHop } from '../../lib/platform/kept-address.ts'

/** Empty when the request did not come through Envoy. */
export function clientAddress(ctx: Koa.Context): string {
  return lastHop(ctx.get('x-forwarded-for'))
}

/** What limits count by: a network of IPv6 is a whole /64, so that is one address. */
export function addressKey(address: string): string {
  return isIPv6(address) ? `${ipv6Network(address, 4)}::/64` : address
}

/** Whose networks these are: a subscriber of IPv6 has up to 65,536 (RFC 6177). Undefined for what is no IPv6. */
export function siteKey(address: string): string | undefined {
  return isIPv6(address) ? `${ipv6Network(address, 3)}::/48` : undefined
}

/** Who makes this server fetch something, or tries credentials: all networks of a site together. */
export function requesterKey(address: string): string {
  return siteKey(address) ?? address
}
