/** What a server of the revisions with sessions answers, as a client of 2026-07-28 reads it. */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { CODES, type RpcId, type RpcResponse } from '../../json-rpc.ts'
import { DISCOVER, LIST_TOOLS } from '../../methods.ts'
import { META } from '../../stateless/envelope.ts'

/** Results of these say how long they hold (MCP 2026-07-28, caching). */
const CACHEABLE: ReadonlySet<string> = new Set([
  DISCOVER,
  LIST_TOOLS,
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
])
/** The server says nothing of it; and what one person may see is not another's. */
const NOT_CACHED = { ttlMs: 0, cacheScope: 'private' }

/** Of MCP itself since 2026-07-28: from an older server such a code means something else. */
const RESERVED_FROM = -32099
const RESERVED_TO = -32020

/** The server's answer to a request of this method, under the id its client has given it now. */
export function toNewerAnswer(
  method: string,
  { jsonrpc, result, error }: RpcResponse,
  id: RpcId,
  serverInfo: unknown,
): RpcResponse {
  return error === undefined
    ? { jsonrpc, id, result: toNewerResult(method, result, serverInfo) }
    : { jsonrpc, id, error: toNewerError(error) }
}

export function toNewerResult(method: string, result: unknown, serverInfo: unknown): JsonObject {
  const given = isObject(result) ? result : {}
  const hints = CACHEABLE.has(method) ? NOT_CACHED : undefined
  return { ...given, resultType: 'complete', ...hints, _meta: withServer(given, serverInfo) }
}

/** What the server is, beside what it says of its result. */
export function withServer({ _meta }: JsonObject, serverInfo: unknown): JsonObject {
  const given = isObject(_meta) ? _meta : undefined
  return serverInfo === undefined ? { ...given } : { ...given, [META.serverInfo]: serverInfo }
}

function toNewerError(error: unknown): unknown {
  if (!isObject(error)) return error
  const code = error['code'] as number
  if (code === CODES.resourceNotFound) return { ...error, code: CODES.invalidParams }
  const isReserved = code >= RESERVED_FROM && code <= RESERVED_TO
  return isReserved ? { ...error, code: CODES.internal } : error
}
