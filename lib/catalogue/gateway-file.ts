/** `gateway.yaml`: parsed, validated as a whole, every fault with its place. */

import { isUtf8 } from 'node:buffer'
import { lstatSync, readFileSync, statSync } from 'node:fs'
import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { z } from 'zod'
import { ConfigError, collectFaults } from '../platform/environment.ts'
import { accessDefinition } from './access-definition.ts'
import { brandingDefinition } from './branding-definition.ts'
import { clientDefinition } from './client-definition.ts'
import { lineOf, type Place } from './fault-lines.ts'
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

/** Hundreds of services; more is another file by mistake, and whoever reads it does nothing else meanwhile. */
const FILE_BYTES_MAX = 262_144
const SYNTAX_FAULTS_MAX = 20

/** Reads a YAML (or JSON) file and validates it. Each fault names file, place and expectation. */
export function readYamlFile<T>(path: string, schema: z.ZodType<T>): FileReading<T> {
  const faults: string[] = []
  const source = collectFaults(() => readSource(path), faults)
  return source === undefined ? { content: undefined, faults } : parseYaml(source, path, schema)
}

/** A link that leads nowhere is there, too: whoever has made it means a file, and what it says of people. */
export function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    // In a folder that may not be looked into: reading it tells why.
    return true
  }
}

/**
 * Never waits, as it would for a pipe.
 * @param called what the fault calls it.
 * @throws ConfigError when it cannot be read, is no UTF-8, or is too large to be a configuration.
 */
export function readSource(path: string, called = path): string {
  try {
    const found = statSync(path)
    if (!found.isFile()) throw new Error('it is no regular file')
    if (found.size > FILE_BYTES_MAX) throw new Error(TOO_LARGE)
    return decode(readFileSync(path))
  } catch (error) {
    throw new ConfigError([`${called} cannot be read: ${(error as Error).message}`])
  }
}

/** Of UTF-16 one text would be made, and of a single letter of Latin-1 another name. */
function decode(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new Error('it is not UTF-8: save it as UTF-8')
  return bytes.toString('utf8')
}

const TOO_LARGE = `it is larger than ${FILE_BYTES_MAX / 1024} KiB`

/** @param path what faults call it. */
export function parseYaml<T>(source: string, path: string, schema: z.ZodType<T>): FileReading<T> {
  const reading = toValue(source)
  if ('faults' in reading) {
    return { content: undefined, faults: reading.faults.map((fault) => `${path}: ${fault}`) }
  }
  const result = schema.safeParse(reading.value)
  if (result.success) return { content: result.data, faults: [] }
  const faults = result.error.issues.map((issue) => {
    const place = issue.path.join('.') || 'the file'
    return `${path}: ${place}: ${issue.message} (line ${reading.lineOf(toWhatIsThere(issue))})`
  })
  return { content: undefined, faults }
}

/** Of a name that is unknown the place is the table that it stands in. */
function toWhatIsThere(issue: z.core.$ZodIssue): Place {
  return issue.code === 'unrecognized_keys'
    ? [...issue.path, ...issue.keys.slice(0, 1)]
    : issue.path
}

type ValueReading =
  | {
      readonly value: unknown
      /** From 1. */
      lineOf(place: Place): number
    }
  | { readonly faults: readonly string[] }

function toValue(source: string): ValueReading {
  if (Buffer.byteLength(source) > FILE_BYTES_MAX) return { faults: [TOO_LARGE] }
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines })
  if (document.errors.length > 0) return { faults: syntaxFaults(document) }
  try {
    const value = toJavaScript(document)
    const faults = keyFaults(document)
    if (faults.length > 0) return { faults }
    return { value, lineOf: (place) => lineOf(document, lines, place) }
  } catch (error) {
    return { faults: [tellAliases(error as Error)] }
  }
}

/** What the parser advises whoever calls it; a person has to take the second `---` away. */
const FOR_PROGRAMMERS = ['; please use YAML.parseAllDocuments()', ', and is to be one'] as const

function syntaxFaults({ errors }: Document): string[] {
  const told = errors
    .slice(0, SYNTAX_FAULTS_MAX)
    .map(({ message }) => message.replace(...FOR_PROGRAMMERS))
  const more = errors.length - told.length
  return more > 0 ? [...told, `and ${more} more`] : told
}

/** What would be lost without a word, or called unknown although YAML 1.1 knows it. */
function keyFaults(document: Document): string[] {
  const faults: string[] = []
  visit(document, {
    Pair(_, { key }) {
      const name = isScalar(key) ? key.value : undefined
      if (name === '__proto__') faults.push('__proto__: nothing can have this name')
      if (name === '<<') faults.push('<<: merge keys are not read: write out what they stand for')
    },
  })
  return [...new Set(faults)]
}

/** @throws Error for what nothing can be made of, with the reason. */
function toJavaScript(document: Document): unknown {
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
