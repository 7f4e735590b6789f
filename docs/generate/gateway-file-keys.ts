/** The keys of `gateway.yaml`, section by section, out of the JSON Schema that editors use. */

import { gatewayFileSchema } from '../../lib/catalogue/gateway-file.ts'
import { code, table } from './markdown.ts'

interface Schema {
  readonly type?: string
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly maxItems?: number
}

/** A heading and a table for each object, outer ones first. */
export function keysOfGatewayFile(): string[] {
  return sectionsOf('', gatewayFileSchema() as Schema)
}

function sectionsOf(path: string, schema: Schema): string[] {
  const properties = Object.entries(schema.properties ?? {})
  const rows = properties
    .filter(([, value]) => !isUnread(value))
    .map(([key, value]) => [code(key), typeOf(value), wordsOf(key, value)])
  const unread = properties.filter(([, value]) => isUnread(value)).map(([key]) => code(key))
  if (unread.length > 0)
    rows.push([unread.join(', '), 'anything', 'Of clients; without a meaning here.'])
  const below = properties.flatMap(([key, value]) => {
    const place = path === '' ? key : `${path}.${key}`
    const entry = entryOf(value)
    if (entry !== undefined) return sectionsOf(`${place}.NAME`, entry)
    return value.properties === undefined ? [] : sectionsOf(place, value)
  })
  return [
    `### ${path === '' ? 'The file' : code(path)}`,
    table(['key', 'takes', ''], rows),
    ...below,
  ]
}

/** What a table of names holds, where that is an object. */
function entryOf({ additionalProperties: entry }: Schema): Schema | undefined {
  return typeof entry === 'object' && entry.properties !== undefined ? entry : undefined
}

/** What clients keep in their own files, so that one can be pointed at. */
function isUnread(schema: Schema): boolean {
  return Object.keys(schema).length === 0
}

function wordsOf(key: string, schema: Schema): string {
  return schema.description ?? WITHOUT_WORDS[key] ?? ''
}

/** Keys whose schema has no words, since their name says enough to an editor. */
const WITHOUT_WORDS: Readonly<Record<string, string>> = {
  $schema: 'Where the JSON Schema is, for editors.',
  mcpServers: 'The services, by name, in the shape of an `mcp.json`.',
  enabled: 'Whether it is served. `MCP_<SERVICE>_ENABLED` wins.',
  keys: 'The keys, as RFC 7517 writes them.',
  clientId: 'As that server knows the gateway.',
  scope: 'Asked for, where the server wants one.',
}

function typeOf(schema: Schema): string {
  const { type, additionalProperties: entry, items } = schema
  const alternatives = schema.anyOf ?? schema.oneOf
  if (alternatives !== undefined) return alternatives.map(typeOf).join(' or ')
  if (schema.enum !== undefined) return schema.enum.map((one) => code(String(one))).join(', ')
  if (schema.const !== undefined) return code(String(schema.const))
  if (items !== undefined) return `list of ${typeOf(items)}`
  if (typeof entry === 'object') return isUnread(entry) ? 'table' : `table: name → ${typeOf(entry)}`
  return `${type === 'object' ? 'table' : (type ?? 'anything')}${boundsOf(schema)}`
}

function boundsOf({ type, minimum, maximum, maxLength }: Schema): string {
  if (type === 'integer' && minimum !== undefined && maximum !== undefined && maximum < 2 ** 53 - 1)
    return `, ${minimum} to ${maximum}`
  return maxLength === undefined ? '' : `, at most ${maxLength} characters`
}
