/**
 * Arguments that a tool wants in headers too (`x-mcp-header`, MCP 2026-07-28). A client on a pipe sends no
 * headers: they are made here, by the tools that it was shown.
 */

import { isJSONRPCResultResponse, type JSONRPCMessage } from '@modelcontextprotocol/client'

interface Property {
  readonly 'x-mcp-header'?: unknown
  readonly properties?: Readonly<Record<string, Property>>
}

interface Tool {
  readonly name: string
  readonly inputSchema?: Property
}

interface Declaration {
  readonly path: readonly string[]
  readonly header: string
}

export interface MirroredArguments {
  /** Notes the tools of an answer to `tools/list`. */
  fromServer(message: JSONRPCMessage): void
  /** Of a `tools/call`; none for everything else. */
  headersFor(message: JSONRPCMessage): Readonly<Record<string, string>>
}

export function createMirroredArguments(): MirroredArguments {
  const declared = new Map<string, readonly Declaration[]>()
  return {
    fromServer(message) {
      if (!isJSONRPCResultResponse(message) || !Array.isArray(message.result['tools'])) return
      for (const { name, inputSchema = {} } of message.result['tools'] as readonly Tool[]) {
        declared.set(name, declarationsOf(inputSchema, []))
      }
    },
    headersFor(message) {
      if (!('method' in message) || message.method !== 'tools/call') return {}
      if (message.params === undefined) return {}
      const { name, arguments: given } = message.params as { name: string; arguments?: unknown }
      const headers: Record<string, string> = {}
      for (const { path, header } of declared.get(name) ?? []) {
        const value = toHeader(valueAt(given, path))
        if (value !== undefined) headers[`mcp-param-${header}`] = value
      }
      return headers
    },
  }
}

/** A server may send anything: below that nobody looks. */
const DEPTH_MAX = 16

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

function declarationsOf(schema: Property, path: readonly string[]): Declaration[] {
  if (path.length >= DEPTH_MAX) return []
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const own = [...path, name]
    const header = property['x-mcp-header']
    const isHeader = typeof header === 'string' && TOKEN.test(header)
    return [...(isHeader ? [{ path: own, header }] : []), ...declarationsOf(property, own)]
  })
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

const SENTINEL = /^=\?base64\?.*\?=$/s

/** What a header cannot carry as it is goes in base64. */
function toHeader(value: unknown): string | undefined {
  if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined
  const text = String(value)
  const isPlain = /^[\x20-\x7e]+$/.test(text) && text === text.trim() && !SENTINEL.test(text)
  return isPlain ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`
}
