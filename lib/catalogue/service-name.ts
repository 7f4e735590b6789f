/** Names of services: a host label and a first path segment at once, so none of ours may be taken. */

export const SERVICE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** First segments of our own paths, and host names people expect to mean something else. */
const RESERVED = new Set(
  (
    'register authorize par callback token revoke introspect device_authorization device jwks userinfo ' +
    'healthz login consent account logout assets auth www api oauth admin health metrics mcp static'
  ).split(' '),
)

export function isReserved(name: string): boolean {
  return RESERVED.has(name)
}

/** The service name nearest to any name of an `mcp.json`; empty when nothing of it can be used. */
export function slugServiceName(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replaceAll(/^-+|-+$/g, '')
}
