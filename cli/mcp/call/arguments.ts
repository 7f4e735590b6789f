/** Arguments of a tool from the command line, of the types that the tool's schema (JSON Schema) wants. */

import { CliError, EXIT_CODE } from '../../cli-error.ts'
import { type Assignment, parseAssignment, parseJson } from './assignments.ts'
import { readValue, type Schema, typesOf } from './typed-value.ts'

export interface InputSchema extends Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: unknown
}

export type ToolArguments = Record<string, unknown>

/**
 * @param given arguments as one object; `written` ones replace its members.
 * @throws CliError with every fault at once.
 */
export function toToolArguments(
  schema: InputSchema,
  written: readonly string[],
  given: ToolArguments = {},
): ToolArguments {
  const faults: string[] = []
  const found: ToolArguments = { ...given }
  for (const [key, assignments] of Map.groupBy(written.map(parseAssignment), ({ key }) => key)) {
    const reading = readArgument(schema, key, assignments)
    if ('fault' in reading) faults.push(`${key}: ${reading.fault}`)
    else found[key] = reading.value
  }
  for (const name of schema.required ?? []) {
    if (!Object.hasOwn(found, name)) faults.push(`${name} is missing (${describe(schema, name)})`)
  }
  if (faults.length === 0) return found
  throw new CliError(faults.join('\n'), { exitCode: EXIT_CODE.usage, nextStep: usage(schema) })
}

/** Throws for what is no JSON where JSON was promised. */
function readArgument(
  schema: InputSchema,
  key: string,
  assignments: readonly Assignment[],
): ReturnType<typeof readValue> {
  const [first] = assignments
  if (first?.isJson === true && assignments.length === 1) {
    return { value: parseJson(first.text, key) }
  }
  if (assignments.some(({ isJson }) => isJson)) return { fault: 'given twice' }
  const expected = propertyOf(schema, key)
  if (expected !== undefined) {
    return readValue(
      expected,
      assignments.map(({ text }) => text),
      schema,
    )
  }
  // JSON Schema allows what it does not name; on a command line it is mostly a slip of the hand.
  const isWelcome =
    schema.additionalProperties !== undefined && schema.additionalProperties !== false
  if (isWelcome && assignments.length === 1) return { value: first?.text }
  return { fault: 'there is no such argument; key:=JSON sends it all the same' }
}

/** `message (string), times (integer, optional)`. */
export function usage(schema: InputSchema): string {
  const names = Object.keys(schema.properties ?? {})
  if (names.length === 0) return 'it takes no arguments'
  const required = new Set(schema.required)
  const words = names.map((name) => {
    const optional = required.has(name) ? '' : ', optional'
    return `${name} (${describe(schema, name)}${optional})`
  })
  return `it takes ${words.join(', ')}`
}

function describe(schema: InputSchema, name: string): string {
  const types = typesOf(propertyOf(schema, name) ?? {}, schema)
  return types.size === 0 ? 'any' : [...types].join(' or ')
}

/** A name that every object has, such as `constructor`, is not thereby described. */
function propertyOf({ properties = {} }: InputSchema, name: string): Schema | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined
}
