/** A list of tools as its caller may see it: what is left keeps its order, and pages their cursors. */

import type { ToolRules } from '../../lib/catalogue/tool-rules.ts'
import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import type { RpcResponse } from '../json-rpc.ts'
import { isListed } from './judge.ts'

function isToolList(result: unknown): result is JsonObject & { tools: readonly unknown[] } {
  return isObject(result) && Array.isArray(result['tools'])
}

/** The very answer when there is nothing to leave out. */
export function toVisibleList(
  rules: ToolRules,
  scopes: readonly string[],
  answer: RpcResponse,
): RpcResponse {
  const { result } = answer
  if (!isToolList(result)) return answer
  const tools = result.tools.filter(
    (tool) => isObject(tool) && isListed(rules, scopes, tool['name']),
  )
  const isForMany = rules.scopes.length > 0 && result['cacheScope'] === 'public'
  if (tools.length === result.tools.length && !isForMany) return answer
  // Whoever has other scopes sees other tools (MCP 2026-07-28, caching).
  const cacheScope = isForMany ? { cacheScope: 'private' } : {}
  return { ...answer, result: { ...result, tools, ...cacheScope } }
}
