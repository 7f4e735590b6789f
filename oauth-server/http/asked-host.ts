/** The host that a request asked, written as our own addresses are. */

import type Koa from 'koa'
import type { Addresses } from '../../lib/catalogue/addresses.ts'

/** In small letters, and without the scheme's own port, which says nothing (RFC 9110 section 4.2.3). */
export function askedHost(ctx: Koa.Context, { secure }: Pick<Addresses, 'secure'>): string {
  const host = ctx.get('host').toLowerCase()
  const ownPort = secure ? ':443' : ':80'
  return host.endsWith(ownPort) ? host.slice(0, -ownPort.length) : host
}
