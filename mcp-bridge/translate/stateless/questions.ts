/**
 * What a server asks its client, as part of the answer to one of the client's requests, and the client's answer
 * as the server expects it (MCP 2026-07-28, multi round-trip requests).
 */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { CODES, paramsOf, type RpcId, type RpcRequest, type RpcResponse } from '../../json-rpc.ts'

/** A request of the server that waits for the client. */
export interface Question {
  /** The server's. */
  readonly id: RpcId
  readonly method: string
  readonly params: JsonObject
  /** What it takes to keep it. */
  readonly bytes: number
}

const ASKED: ReadonlySet<string> = new Set([
  'elicitation/create',
  'sampling/createMessage',
  'roots/list',
])
/** The first in which an answer to sampling may have several blocks. */
const BLOCKS_SINCE = '2025-11-25'

/** The bridge's answer to what no client of this revision can be asked; undefined for what one can. */
export function answerInPlace(
  request: RpcRequest,
  capabilities: JsonObject,
): RpcResponse | undefined {
  const { jsonrpc, id, method } = request
  if (method === 'ping') return { jsonrpc, id, result: {} }
  if (!ASKED.has(method)) {
    const message = `a client without sessions cannot be asked ${method}`
    return { jsonrpc, id, error: { code: CODES.methodNotFound, message } }
  }
  const missing = missingPart(request, capabilities)
  if (missing === undefined) return undefined
  const message = `the client has not declared ${missing}`
  return { jsonrpc, id, error: { code: CODES.invalidParams, message } }
}

/** Without what belongs to the server's own request, and what the revision has dropped. */
export function paramsToAsk(request: RpcRequest): JsonObject {
  const { _meta: _, task: __, elicitationId: ___, ...params } = paramsOf(request)
  return params
}

/** As it is put to the client. The Go SDK 1.8 cannot read one without params, though `roots/list` needs none. */
export function toInputRequest({ method, params }: Question): JsonObject {
  return { method, params }
}

/** The client's answer, as the server's revision has it. */
export function toOlderResult(
  { method }: Question,
  given: JsonObject,
  revision: string,
): JsonObject {
  const { resultType: _, ...result } = given
  const { content } = result
  const isSingle = method === 'sampling/createMessage' && revision < BLOCKS_SINCE
  if (!isSingle || !Array.isArray(content) || content.length !== 1) return result
  return { ...result, content: content[0] }
}

/** What of a capability the client lacks; whether it has it at all is judged by who asks it. */
function missingPart(request: RpcRequest, capabilities: JsonObject): string | undefined {
  const { mode, tools } = paramsOf(request)
  const { elicitation, sampling } = capabilities
  if (request.method === 'elicitation/create' && isObject(elicitation)) {
    return missingMode(mode, elicitation)
  }
  const needsTools = request.method === 'sampling/createMessage' && Array.isArray(tools)
  const isMissing = needsTools && isObject(sampling) && sampling['tools'] === undefined
  return isMissing ? 'sampling.tools' : undefined
}

/** A client that names no mode knows forms. */
function missingMode(mode: unknown, { form, url }: JsonObject): string | undefined {
  if (mode === 'url') return url === undefined ? 'elicitation.url' : undefined
  return form === undefined && url !== undefined ? 'elicitation.form' : undefined
}
