/** `gateway.yaml`: parsed, validated as a whole, every fault with its place. */

import { readFileSync } from 'node:fs'
import { type Document, parseDocument } from 'yaml'
import { z } from 'zod'
import { accessDefinition } from './access-definition.ts'
import { brandingDefinition } from './branding-definition.ts'
import { clientDefinition } from './client-definition.ts'
import { providerDefinition } from './provider-definition.ts'
import { serviceDefinition } from './service-definition.ts'

export const gatewayFile = z
  .strictObject({
    $schema: z.string(),
    mcpServers: z.record(z.string(), serviceDefinition),
    clients: z
      .record(z.string(), clientDefinition)
      .describe('Clients by their client_id, beside those that register themselves.'),
    providers: z.record(z.string(), providerDefinition).describe('How people log in, by name.'),
    access: accessDefinition.describe('Who may in; one rule that holds is enough.'),
    branding: brandingDefinition.describe('How the pages look.'),
  })
  .partial()

export type GatewayFile = z.infer<typeof gatewayFile>

export type FileReading<T> =
  | { readonly content: T; readonly faults: readonly [] }
  | { readonly content: undefined; readonly faults: readonly string[] }

/** Reads a YAML (or JSON) file and validates it. Each fault names file, place and expectation. */
export function readYamlFile<T>(path: string, schema: z.ZodType<T>): FileReading<T> {
  try {
    return parseYaml(readFileSync(path, 'utf8'), path, schema)
  } catch (error) {
    return { content: undefined, faults: [`${path} cannot be read: ${(error as Error).message}`] }
  }
}

/** @param path what faults call it. */
export function parseYaml<T>(source: string, path: string, schema: z.ZodType<T>): FileReading<T> {
  const document = parseDocument(source)
  if (document.errors.length > 0) {
    return {
      content: undefined,
      faults: document.errors.map(({ message }) => `${path}: ${message}`),
    }
  }
  let value: unknown
  try {
    value = toValue(document)
  } catch (error) {
    return { content: undefined, faults: [`${path}: ${tellAliases(error as Error)}`] }
  }
  const result = schema.safeParse(value)
  if (result.success) return { content: result.data, faults: [] }
  const faults = result.error.issues.map(
    ({ path: place, message }) => `${path}: ${place.join('.') || 'the file'}: ${message}`,
  )
  return { content: undefined, faults }
}

/** @throws Error for what nothing can be made of, with the reason. */
function toValue(document: Document): unknown {
  const value: unknown = document.toJS()
  try {
    JSON.stringify(value)
  } catch {
    throw new TypeError('an alias stands within what it names')
  }
  return value ?? {}
}

/** To YAML a word after a star is an alias: *@example.com has to be quoted. */
function tellAliases({ message }: Error): string {
  return message.startsWith('Unresolved alias')
    ? `${message}; a text with a star needs quotes`
    : message
}

/** The JSON Schema that editors use for `gateway.yaml` (draft 2020-12). */
export function gatewayFileSchema(): object {
  return {
    title: 'MCP OAuth Gateway configuration',
    ...z.toJSONSchema(gatewayFile),
  }
}
