/**
 * Which era of the protocol a request without a session id is of. Its body says so (MCP 2026-07-28, `_meta`); what
 * is of neither is left to the SDK of the sessions, which has words for it.
 */

import { isObject } from '../../lib/platform/json.ts'

const REVISION = 'io.modelcontextprotocol/protocolVersion'

export function isStateless(body: unknown): boolean {
  if (!isObject(body)) return false
  const { method, params } = body
  if (method === 'server/discover') return true
  if (method === 'initialize' || !isObject(params)) return false
  const { _meta } = params
  return isObject(_meta) && REVISION in _meta
}
