/** Names of services: a host label and a first path segment at once, so none of ours may be taken. */

import { AUTHORIZATION_SERVER_PATHS, AUTHORIZATION_SERVER_PREFIXES } from '../oauth/paths.ts'

export const SERVICE_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Names that people or browsers expect to mean something else. */
const ALSO_RESERVED = 'auth www api oauth admin health metrics mcp static assets logout par'.split(
  ' ',
)

/** First segments of our own paths, and those. */
const RESERVED = new Set([
  ...[...AUTHORIZATION_SERVER_PATHS, ...AUTHORIZATION_SERVER_PREFIXES].map(
    (path) => path.split('/')[1] ?? '',
  ),
  ...ALSO_RESERVED,
])

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

/** The variable that switches a service on or off, whatever the file says. */
export function serviceSwitch(name: string): string {
  return `MCP_${name.replaceAll('-', '_').toUpperCase()}_ENABLED`
}
