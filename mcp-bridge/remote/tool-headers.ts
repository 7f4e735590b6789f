/**
 * Parameters of tools that a server wants to see in headers (MCP 2026-07-28, custom headers from tool
 * parameters): which those are is told by `tools/list`, and what they are by each call.
 */

import { isObject, type JsonObject } from '../json-rpc.ts'
import {
  REMOTE_MIRRORED_CHARACTERS_MAX,
  REMOTE_TOOL_HEADERS_MAX,
  REMOTE_TOOLS_MAX,
} from '../limits.ts'
import type { MirroredHeaders } from '../runner/upstream.ts'
import { encodeMirrored } from '../stateless/mirrored-headers.ts'

interface Mirrored {
  /** `mcp-param-…`. */
  readonly header: string
  /** To the parameter in the arguments. */
  readonly path: readonly string[]
}

const KEYWORD = 'x-mcp-header'
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const TYPES: readonly unknown[] = ['string', 'integer', 'boolean']
/** What stands there is no schema. */
const DATA: readonly string[] = ['const', 'enum', 'default', 'examples']
const DEPTH_MAX = 64

export class ToolHeaders {
  readonly #byTool = new Map<string, readonly Mirrored[]>()

  /** Takes note of a page of tools; returns those that may be used, and why others may not. */
  learn(tools: readonly unknown[]): { tools: readonly unknown[]; refused: readonly string[] } {
    const refused: string[] = []
    const usable = tools.filter((tool) => {
      if (!isObject(tool) || typeof tool['name'] !== 'string') return true
      const found = findMirrored(tool['inputSchema'])
      if (found === undefined) refused.push(tool['name'])
      else this.#note(tool['name'], found)
      return found !== undefined
    })
    return { tools: usable, refused }
  }

  headersFor(name: unknown, args: unknown): MirroredHeaders {
    const mirrored = typeof name === 'string' ? (this.#byTool.get(name) ?? []) : []
    const entries = mirrored.flatMap(({ header, path }) => {
      const text = toText(valueAt(args, path))
      return text === undefined ? [] : [[header, encodeMirrored(text)] as const]
    })
    return Object.fromEntries(entries)
  }

  #note(name: string, mirrored: readonly Mirrored[]): void {
    this.#byTool.delete(name)
    if (mirrored.length === 0) return
    this.#byTool.set(name, mirrored)
    const [oldest] = this.#byTool.keys()
    if (this.#byTool.size > REMOTE_TOOLS_MAX && oldest !== undefined) this.#byTool.delete(oldest)
  }
}

/** Undefined when the schema marks what must not be marked: the tool cannot be used. */
function findMirrored(schema: unknown): readonly Mirrored[] | undefined {
  const found: Mirrored[] = []
  if (!visit(schema, [], found, 0)) return undefined
  const names = new Set(found.map(({ header }) => header))
  return names.size === found.length && found.length <= REMOTE_TOOL_HEADERS_MAX ? found : undefined
}

/** Returns whether what is marked may be. */
function visit(
  schema: unknown,
  path: readonly string[] | undefined,
  found: Mirrored[],
  depth: number,
): boolean {
  if (typeof schema !== 'object' || schema === null) return true
  if (depth > DEPTH_MAX) return false
  if (isObject(schema) && KEYWORD in schema) {
    const mirrored = toMirrored(schema, path)
    if (mirrored === undefined) return false
    found.push(mirrored)
  }
  return Object.entries(schema).every(([key, value]) => {
    if (DATA.includes(key)) return true
    const isProperties = key === 'properties' && isObject(value)
    if (!isProperties) return visit(value, undefined, found, depth + 1)
    return Object.entries(value).every(([name, one]) =>
      visit(one, path && [...path, name], found, depth + 1),
    )
  })
}

function toMirrored(
  { [KEYWORD]: name, type }: JsonObject,
  path: readonly string[] | undefined,
): Mirrored | undefined {
  const isReachable = path !== undefined && path.length > 0
  if (!isReachable || typeof name !== 'string' || !TOKEN.test(name)) return undefined
  return TYPES.includes(type) ? { header: `mcp-param-${name.toLowerCase()}`, path } : undefined
}

function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** Undefined for what is not mirrored. */
function toText(value: unknown): string | undefined {
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'string') {
    return value.length <= REMOTE_MIRRORED_CHARACTERS_MAX ? value : undefined
  }
  // Also a number that keeps its text.
  const number = isNumeric(value) ? Number(JSON.stringify(value)) : Number.NaN
  return Number.isSafeInteger(number) ? String(number) : undefined
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || (isObject(value) && 'rawJSON' in value)
}
