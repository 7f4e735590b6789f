/**
 * Headers that mirror the body of a request without a session (MCP 2026-07-28, Streamable HTTP, request
 * metadata). Nothing is decided by them; a request whose headers say something else than its body is refused,
 * because whoever stands before us may have believed them.
 */

import type { IncomingMessage } from 'node:http'
import { decodeMirrored } from '../../lib/mcp/mirrored-text.ts'
import { headerOf, REVISION_HEADER } from '../exchange.ts'
import { paramsOf, RpcFault, type RpcMessage, type RpcRequest } from '../json-rpc.ts'
import { CALL_TOOL } from '../methods.ts'

export const METHOD_HEADER = 'mcp-method'
export const NAME_HEADER = 'mcp-name'

/** Which member of the params `Mcp-Name` repeats; the tasks are those of the extension (SEP-2663). */
const NAMED_BY: ReadonlyMap<string, string> = new Map([
  [CALL_TOOL, 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['tasks/get', 'taskId'],
  ['tasks/update', 'taskId'],
  ['tasks/cancel', 'taskId'],
])

/** What a request names, for `Mcp-Name`; undefined where nothing is mirrored. */
export function nameIn(message: RpcMessage): string | undefined {
  const member = NAMED_BY.get(message.method ?? '')
  const value = member === undefined ? undefined : paramsOf(message)[member]
  return typeof value === 'string' ? value : undefined
}

/** @throws RpcFault 400 with -32020 when a header that is there says something else than the body. */
export function assertNothingElse(
  request: IncomingMessage,
  { method }: RpcMessage,
  revision: unknown,
): void {
  const version = headerOf(request, REVISION_HEADER)
  if (version !== undefined && typeof revision === 'string' && version !== revision) {
    throw mismatch(`MCP-Protocol-Version is ${version}, the body has ${revision}`)
  }
  const named = headerOf(request, METHOD_HEADER)
  if (named !== undefined && named !== method) {
    throw mismatch(`Mcp-Method is ${named}, the body has ${method}`)
  }
}

/** @throws RpcFault 400 with -32020 when one that a request needs is missing, or `Mcp-Name` is another. */
export function assertMirrored(request: IncomingMessage, message: RpcRequest): void {
  for (const [header, name] of [
    [REVISION_HEADER, 'MCP-Protocol-Version'],
    [METHOD_HEADER, 'Mcp-Method'],
  ] as const) {
    if (headerOf(request, header) === undefined) throw mismatch(`${name} is missing`)
  }
  const value = nameIn(message)
  // What is no text the server has words for.
  if (value === undefined) return
  const header = headerOf(request, NAME_HEADER)
  if (header === undefined) throw mismatch('Mcp-Name is missing')
  const decoded = decodeMirrored(header)
  if (decoded === undefined) throw mismatch('Mcp-Name is not base64 of UTF-8')
  if (decoded !== value)
    throw mismatch(`Mcp-Name names something else than params.${NAMED_BY.get(message.method)}`)
}

/** @param what a header says, and what the body says. */
export function mismatch(what: string): RpcFault {
  return new RpcFault(400, 'headerMismatch', `header mismatch: ${what}`)
}
