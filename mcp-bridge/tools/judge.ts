/**
 * Whether what a client sends may reach the server, by the rules of the service about its tools.
 *
 * The body decides, never a header. Names are compared as they are: what a server might take for the same
 * is another tool here.
 */

import type { ToolPattern, ToolRules } from '../../lib/catalogue/tool-rules.ts'
import { missingScopes } from '../../lib/oauth/scope.ts'
import { paramsOf, type RpcMessage } from '../json-rpc.ts'
import { CALL_TOOL } from '../methods.ts'

export type Verdict =
  | { readonly kind: 'pass' }
  /** For this caller there is no such tool. */
  | { readonly kind: 'unknown'; readonly message: RpcMessage }
  | { readonly kind: 'scopes'; readonly missing: readonly string[] }

const PASS: Verdict = { kind: 'pass' }

/** Of all messages of one body: the first tool that there is not, or every scope that is missing. */
export function judge(
  rules: ToolRules,
  scopes: readonly string[],
  messages: readonly RpcMessage[],
): Verdict {
  const calls = messages.filter(({ method }) => method === CALL_TOOL)
  const unknown = calls.find((message) => !exists(rules, toolOf(message)))
  if (unknown !== undefined) return { kind: 'unknown', message: unknown }
  const needed = calls.flatMap((message) => neededScopes(rules, toolOf(message) ?? ''))
  const missing = [...new Set(missingScopes(needed, scopes))]
  return missing.length === 0 ? PASS : { kind: 'scopes', missing }
}

/** Whether a list shows it to somebody with these scopes. */
export function isListed(rules: ToolRules, scopes: readonly string[], tool: unknown): boolean {
  if (typeof tool !== 'string' || !exists(rules, tool)) return false
  return rules.listed === 'all' || missingScopes(neededScopes(rules, tool), scopes).length === 0
}

/** Undefined for a call that names none. */
export function toolOf(message: RpcMessage): string | undefined {
  const { name } = paramsOf(message)
  return typeof name === 'string' ? name : undefined
}

function exists({ allow, deny }: ToolRules, tool: string | undefined): boolean {
  if (tool === undefined || matchesAny(deny, tool)) return false
  return allow === undefined || matchesAny(allow, tool)
}

function neededScopes(rules: ToolRules, tool: string): readonly string[] {
  return rules.scopes.filter(({ tools }) => matches(tools, tool)).flatMap(({ scopes }) => scopes)
}

function matchesAny(patterns: readonly ToolPattern[], tool: string): boolean {
  return patterns.some((pattern) => matches(pattern, tool))
}

/** In one pass over the name, however many stars there are. */
export function matches(pattern: ToolPattern, tool: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return tool === pattern
  if (!tool.startsWith(first)) return false
  let from = first.length
  for (const part of rest) {
    const found = tool.indexOf(part, from)
    if (found === -1) return false
    from = found + part.length
  }
  return from + last.length <= tool.length && tool.endsWith(last)
}
