/** Where a request comes from, as Envoy saw it. */

import { isIPv6 } from 'node:net'
import type Koa from 'koa'
import { lastHop } from '../../lib/platform/kept-address.ts'

/** Empty when the request did not come through Envoy. */
export function clientAddress(ctx: Koa.Context): string {
  return lastHop(ctx.get('x-forwarded-for'))
}

/** What limits count by: an IPv6 subscriber has a whole /64, so that is one address. */
export function addressKey(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? []
  const left = head.split(':').filter((group) => group !== '')
  const right = tail?.split(':').filter((group) => group !== '') ?? []
  const zeros = Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  const network = [...left, ...zeros, ...right].slice(0, 4)
  return `${network.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`
}
