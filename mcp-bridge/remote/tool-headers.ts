/**
 * Parameters of tools that a server wants to see in headers (MCP 2026-07-28, custom headers from tool
 * parameters): which those are is told by `tools/list`, and what they are by each call.
 */

import {
  declarationsOf,
  type HeaderDeclaration,
  MIRRORED_DEPTH_MAX,
  valueAt,
} from '../../lib/mcp/header-declarations.ts'
import { encodeMirrored } from '../../lib/mcp/mirrored-text.ts'
import { isObject } from '../../lib/platform/json.ts'
import { numberOf } from '../exact-json.ts'
import { REMOTE_MIRRORED_CHARACTERS_MAX, REMOTE_TOOLS_MAX } from '../limits.ts'

const KEYWORD = 'x-mcp-header'
/** What stands there is no schema. */
const DATA: readonly string[] = ['const', 'enum', 'default', 'examples']

export class ToolHeaders {
  readonly #byTool = new Map<string, readonly HeaderDeclaration[]>()

  /** Takes note of a page of tools; returns those that may be used, and the names of the others. */
  learn(tools: readonly unknown[]): { tools: readonly unknown[]; refused: readonly string[] } {
    const refused: string[] = []
    const usable = tools.filter((tool) => {
      if (!isObject(tool) || typeof tool['name'] !== 'string') return true
      const declared = declarationsOf(tool['inputSchema'])
      const isUsable = isValid(tool['inputSchema'], declared)
      if (isUsable) this.#note(tool['name'], declared)
      else refused.push(tool['name'])
      return isUsable
    })
    return { tools: usable, refused }
  }

  headersFor(name: unknown, args: unknown): Readonly<Record<string, string>> {
    const declared = typeof name === 'string' ? (this.#byTool.get(name) ?? []) : []
    const entries = declared.flatMap(({ header, path }) => {
      const text = toText(valueAt(args, path))
      return text === undefined ? [] : [[header, encodeMirrored(text)] as const]
    })
    return Object.fromEntries(entries)
  }

  #note(name: string, declared: readonly HeaderDeclaration[]): void {
    this.#byTool.delete(name)
    if (declared.length === 0) return
    this.#byTool.set(name, declared)
    const [oldest] = this.#byTool.keys()
    if (this.#byTool.size > REMOTE_TOOLS_MAX && oldest !== undefined) this.#byTool.delete(oldest)
  }
}

/** Clients must not use a tool that marks what must not be marked. */
function isValid(schema: unknown, declared: readonly HeaderDeclaration[]): boolean {
  const names = new Set(declared.map(({ header }) => header))
  if (names.size !== declared.length || !declared.every((one) => isMirrorable(schema, one))) {
    return false
  }
  return marksIn(schema, true, 0) === declared.length
}

function isMirrorable(schema: unknown, { path }: HeaderDeclaration): boolean {
  const property = valueAt(
    schema,
    path.flatMap((name) => ['properties', name]),
  )
  return isObject(property) && property['type'] !== 'number'
}

/** How often something is marked, wherever it stands. */
function marksIn(schema: unknown, isSchema: boolean, depth: number): number {
  if (typeof schema !== 'object' || schema === null) return 0
  if (depth > 4 * MIRRORED_DEPTH_MAX) return Number.POSITIVE_INFINITY
  const own = isSchema && isObject(schema) && KEYWORD in schema ? 1 : 0
  const below = Object.entries(schema)
    .filter(([key]) => !(isSchema && DATA.includes(key)))
    // Names of parameters stand where keywords stand otherwise.
    .map(([key, value]) => marksIn(value, !(isSchema && key === 'properties'), depth + 1))
  return below.reduce((sum, count) => sum + count, own)
}

/** Undefined for what is not mirrored. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') {
    return value.length <= REMOTE_MIRRORED_CHARACTERS_MAX ? value : undefined
  }
  const number = numberOf(value)
  return Number.isSafeInteger(number) ? String(number) : undefined
}
