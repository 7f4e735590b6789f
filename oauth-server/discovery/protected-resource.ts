/**
 * Protected resource metadata, one document per service (RFC 9728 section 2).
 *
 * In the path layout the path names the service; in the host layout the Host header does, and the
 * one resource of that host is found at its root too.
 */

import type Koa from 'koa'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
import { DEFAULT_SCOPE } from '../../lib/oauth/scope.ts'
import { PROTECTED_RESOURCE_PATH } from '../../lib/oauth/well-known.ts'
import { askedHost } from '../http/asked-host.ts'
import type { Ports } from '../ports.ts'
import { publicDocument } from '../steps/headers.ts'

export function describeProtectedResource({ live }: Ports): Koa.Middleware[] {
  return [
    publicDocument,
    async function sendMetadata(ctx) {
      const path = ctx.path.slice(PROTECTED_RESOURCE_PATH.length)
      const gateway = live.current
      const service = findService(gateway, askedHost(ctx, gateway.addresses), path)
      if (service === undefined) {
        throw new OAuthError('invalid_request', 'there is no such resource', { status: 404 })
      }
      ctx.body = toMetadataDocument(gateway, service)
    },
  ]
}

function findService(gateway: Gateway, host: string, path: string): string | undefined {
  const { layout, hostOf, pathOf } = gateway.addresses
  return [...gateway.services.keys()].find((name) =>
    layout === 'path'
      ? path === pathOf(name)
      : host === hostOf(name) && (path === '' || path === pathOf(name)),
  )
}

function toMetadataDocument({ addresses }: Gateway, name: string): object {
  return {
    resource: addresses.resourceOf(name),
    authorization_servers: [addresses.issuer],
    // What basic use needs: clients ask for all that stands here.
    scopes_supported: [DEFAULT_SCOPE],
    bearer_methods_supported: ['header'],
    resource_name: name,
  }
}
