/** Which arguments of a tool travel as headers too (`x-mcp-header`; MCP 2026-07-28, Streamable HTTP, custom headers). */

type JsonObject = Readonly<Record<string, unknown>>

/** Of one tool, however many it declares; and how far down nested objects are looked into. */
const MIRRORED_ARGUMENTS_MAX = 64
export const MIRRORED_DEPTH_MAX = 8

export interface HeaderDeclaration {
  /** As Node writes it: in lower case. */
  readonly header: string
  /** Names of members, from the arguments down. */
  readonly path: readonly string[]
  readonly isNumeric: boolean
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/
const TYPES: ReadonlySet<unknown> = new Set(['string', 'boolean', 'integer', 'number'])

/**
 * Those that a chain of `properties` leads to: clients must not use a tool that has others, so nothing is
 * compared for them.
 */
export function declarationsOf(inputSchema: unknown): readonly HeaderDeclaration[] {
  const found: HeaderDeclaration[] = []
  if (isObject(inputSchema)) collect(inputSchema, [], found)
  return found
}

function collect(schema: JsonObject, path: readonly string[], found: HeaderDeclaration[]): void {
  const { properties } = schema
  if (!isObject(properties) || path.length >= MIRRORED_DEPTH_MAX) return
  for (const [name, property] of Object.entries(properties)) {
    if (!isObject(property) || found.length >= MIRRORED_ARGUMENTS_MAX) continue
    const below = [...path, name]
    const declaration = toDeclaration(property, below)
    if (declaration !== undefined) found.push(declaration)
    collect(property, below, found)
  }
}

function toDeclaration(
  property: JsonObject,
  path: readonly string[],
): HeaderDeclaration | undefined {
  const name = property['x-mcp-header']
  const { type } = property
  if (typeof name !== 'string' || !TOKEN.test(name) || !TYPES.has(type)) return undefined
  const isNumeric = type === 'integer' || type === 'number'
  return { header: `mcp-param-${name.toLowerCase()}`, path, isNumeric }
}

/** What a call has at that place; undefined where there is nothing. */
export function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args
  for (const name of path) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
