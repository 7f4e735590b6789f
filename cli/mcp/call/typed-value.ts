/** A text as a value of the type that a JSON Schema wants. */

export interface Schema {
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly allOf?: readonly Schema[]
  readonly items?: Schema | boolean
  readonly $ref?: string
  readonly [name: string]: unknown
}

export type ValueReading = { readonly value: unknown } | { readonly fault: string }

/** A schema may refer to itself. */
const DEPTH_MAX = 16

/** The types that the schema allows; none means any. @param root where `$ref` leads. */
export function typesOf(schema: Schema, root: Schema, depth = 0): Set<string> {
  if (depth > DEPTH_MAX) return new Set()
  if (schema.$ref !== undefined) return typesOf(resolve(schema.$ref, root), root, depth + 1)
  if (schema.type !== undefined) return new Set([schema.type].flat())
  const constants = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  if (constants !== undefined) return new Set(constants.map(typeName))
  const branches = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? []
  return new Set(branches.flatMap((branch) => [...typesOf(branch, root, depth + 1)]))
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** `#/$defs/Name`; nothing outside of the schema is fetched. */
function resolve(reference: string, root: Schema): Schema {
  const path = reference.startsWith('#/') ? reference.slice(2).split('/') : []
  let found: unknown = path.length === 0 ? {} : root
  for (const step of path) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~')
    found = (found as Record<string, unknown> | undefined)?.[name]
  }
  return (found ?? {}) as Schema
}

/** @param texts several where the argument was given several times, which only a list can be. */
export function readValue(schema: Schema, texts: readonly string[], root: Schema): ValueReading {
  const types = typesOf(schema, root)
  const isList = types.has('array') && (texts.length > 1 || types.size === 1)
  if (isList) return readList(schema, texts, root)
  const [text = ''] = texts
  return texts.length > 1 ? { fault: 'given several times, and is no list' } : readOne(types, text)
}

/** `key=[1,2]` is the list that it looks like; else each `key=` is one member. */
function readList(schema: Schema, texts: readonly string[], root: Schema): ValueReading {
  const [first = ''] = texts
  if (texts.length === 1 && /^\s*\[/.test(first)) return readJson(first, 'array')
  const listed = typeof schema.items === 'object' ? schema.items : {}
  const readings = texts.map((text) => readOne(typesOf(listed, root), text))
  const fault = readings.find((reading) => 'fault' in reading)
  return fault ?? { value: readings.map((reading) => 'value' in reading && reading.value) }
}

const SCALARS: readonly (readonly [string, (text: string) => ValueReading])[] = [
  ['integer', readInteger],
  ['number', readNumber],
  ['boolean', readBoolean],
  ['null', (text) => (text === 'null' ? { value: null } : { fault: 'must be null' })],
  ['object', (text) => readJson(text, 'object')],
  ['array', (text) => readJson(text, 'array')],
]

/** Where a text is allowed it stays one: `key:=JSON` says otherwise. */
function readOne(types: ReadonlySet<string>, text: string): ValueReading {
  if (types.size === 0 || types.has('string')) return { value: text }
  const readings = SCALARS.filter(([type]) => types.has(type)).map(([, read]) => read(text))
  return readings.find((reading) => 'value' in reading) ?? readings[0] ?? { value: text }
}

function readInteger(text: string): ValueReading {
  const value = Number(text)
  const isGood = text.trim() !== '' && Number.isSafeInteger(value)
  return isGood ? { value } : { fault: `"${text}" is no whole number` }
}

function readNumber(text: string): ValueReading {
  const value = Number(text)
  const isGood = text.trim() !== '' && Number.isFinite(value)
  return isGood ? { value } : { fault: `"${text}" is no number` }
}

function readBoolean(text: string): ValueReading {
  if (text === 'true' || text === 'false') return { value: text === 'true' }
  return { fault: `"${text}" is neither true nor false` }
}

function readJson(text: string, type: 'object' | 'array'): ValueReading {
  try {
    const value: unknown = JSON.parse(text)
    if (typeName(value) === type) return { value }
  } catch {
    // Not JSON at all: the same fault.
  }
  return { fault: `must be JSON of the type ${type}` }
}
