/** Where a request comes from, as Envoy saw it. */

import { isIPv6 } from 'node:net'
import type Koa from 'koa'
import { ipv6Network, lastHop } from '../../lib/platform/kept-address.ts'

/** Empty when the request did not come through Envoy. */
export function clientAddress(ctx: Koa.Context): string {
  return lastHop(ctx.get('x-forwarded-for'))
}

/** What limits count by: an IPv6 subscriber has a whole /64, so that is one address. */
export function addressKey(address: string): string {
  return isIPv6(address) ? `${ipv6Network(address, 4)}::/64` : address
}
