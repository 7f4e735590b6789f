/** On a service's own host a request that names no resource is about that service (RFC 8707 section 2). */

import type Koa from 'koa'
import { askedHost } from '../http/asked-host.ts'
import { parseParams } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import { serviceOf } from '../resources.ts'

/** The query for the issuer's host, where nothing else tells the service any more. */
export function namingResource(ports: Ports): (ctx: Koa.Context) => string {
  const { resources, gateway } = ports
  const { protocol } = new URL(gateway.addresses.issuer)
  return (ctx) => {
    const params = parseParams(ctx.querystring)
    // What was pushed has said there what it is about.
    const says = params.get('resource') ?? params.get('request_uri')
    const origin = `${protocol}//${askedHost(ctx, gateway.addresses)}`
    const service = says === undefined ? serviceOf(resources, origin) : undefined
    if (service === undefined) return ctx.search
    const query = new URLSearchParams(ctx.search)
    // In place of an empty one, which is none.
    query.set('resource', resources.resourceOf(service))
    return `?${query}`
  }
}
