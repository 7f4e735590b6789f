/** The rules of a service about its tools, and what is wrong with them. */

import { DEFAULT_SCOPE } from '../oauth/scope.ts'
import type { AuditMode, ServiceDefinition } from './service-definition.ts'
import type { ListedTools, ToolsDefinition } from './tools-definition.ts'

/** A name, in which `*` stands for any characters, none included. */
export type ToolPattern = string

export interface ToolRules {
  /** Undefined for all. */
  readonly allow: readonly ToolPattern[] | undefined
  /** Wins over `allow`. */
  readonly deny: readonly ToolPattern[]
  /** Each that matches a tool counts. */
  readonly scopes: readonly ToolScopes[]
  readonly listed: ListedTools
}

export interface ToolScopes {
  readonly tools: ToolPattern
  /** As tokens carry them. */
  readonly scopes: readonly string[]
}

export interface ToolPolicy {
  /** Undefined: every tool is everybody's whom the service lets in. */
  readonly tools: ToolRules | undefined
  readonly audit: AuditMode
  /** Whether clients of the HTTP+SSE transport (MCP 2024-11-05) are served too. */
  readonly sse: boolean
}

export function toToolPolicy(
  service: string,
  { tools, audit = 'calls', sse = false }: ServiceDefinition,
): ToolPolicy {
  return { tools: toToolRules(service, tools), audit, sse }
}

function toToolRules(
  service: string,
  definition: ToolsDefinition | undefined,
): ToolRules | undefined {
  const { allow, deny = [], scopes = {}, listed = 'granted' } = definition ?? {}
  const needed = Object.entries(scopes)
  if (allow === undefined && deny.length === 0 && needed.length === 0) return undefined
  return {
    allow,
    deny,
    scopes: needed.map(([tools, names]) => ({
      tools,
      scopes: names.map((name) => toScope(service, name)),
    })),
    listed,
  }
}

export function toolFaults(
  service: string,
  { tools, scopes: own = {}, sse, native }: ServiceDefinition,
): string[] {
  const known = [DEFAULT_SCOPE, ...Object.keys(own).map((name) => toScope(service, name))]
  const unknown = Object.entries(tools?.scopes ?? {}).flatMap(([pattern, names]) =>
    names
      .filter((name) => !known.includes(toScope(service, name)))
      .map(
        (name) =>
          `tools.scopes.${pattern}: "${name}" is not one of its scopes, only ${known.join(', ')}`,
      ),
  )
  const isOwn = sse === true && native !== undefined
  return isOwn ? [...unknown, 'sse: a native server speaks for itself'] : unknown
}

/** Whether people write it with its service or without. */
function toScope(service: string, name: string): string {
  return name === DEFAULT_SCOPE || name.startsWith(`${service}:`) ? name : `${service}:${name}`
}
