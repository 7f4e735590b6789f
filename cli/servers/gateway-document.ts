/**
 * `gateway.yaml` changed by a program: what nobody asked about stays byte for byte, comments and all.
 *
 * An entry is put in, or cut out, as text. Where the file is written in a way that does not allow that
 * (in braces, as JSON), it is written anew with its comments; either way the outcome is read again and has to
 * mean what was wanted.
 */

import { isDeepStrictEqual } from 'node:util'
import {
  type Document,
  isMap,
  isScalar,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
} from 'yaml'
import type { ServiceDefinition } from '../../lib/catalogue/service-definition.ts'
import { SERVICE_NAME, slugServiceName } from '../../lib/catalogue/service-name.ts'
import { CliError } from '../cli-error.ts'

export const SERVERS = 'mcpServers'

type Content = Readonly<Record<string, unknown>> & {
  readonly mcpServers?: Readonly<Record<string, unknown>>
}

/** The names under `mcpServers` as they are written, by the names they are served under. */
export function entryNames(text: string): ReadonlyMap<string, string> {
  const names = Object.keys(readContent(text).mcpServers ?? {})
  return new Map(names.map((name) => [toServedName(name), name]))
}

function toServedName(name: string): string {
  return SERVICE_NAME.test(name) ? name : slugServiceName(name)
}

/** The text with this entry; one that is served under the same name is replaced. */
export function withEntry(text: string, name: string, definition: ServiceDefinition): string {
  const before = withoutEntry(text, name)
  const { mcpServers = {}, ...rest } = readContent(before)
  const wanted = { ...rest, mcpServers: { ...mcpServers, [name]: definition } }
  return firstThatMeans(wanted, [
    () => insert(before, name, definition),
    () => rewrite(before, (document) => put(document, name, definition)),
  ])
}

/** The text without this entry; unchanged when there is none. */
export function withoutEntry(text: string, name: string): string {
  const given = entryNames(text).get(name)
  if (given === undefined) return text
  const { mcpServers = {}, ...rest } = readContent(text)
  const { [given]: _, ...others } = mcpServers
  return firstThatMeans({ ...rest, mcpServers: others }, [
    () => cut(text, given),
    () => rewrite(text, (document) => void document.deleteIn([SERVERS, given])),
  ])
}

export function readContent(text: string): Content {
  return contentOf(parseText(text))
}

export function parseText(text: string): Document {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) throw new CliError(`The file is not YAML: ${error.message}`)
  return document
}

function contentOf(document: Document): Content {
  const content: unknown = document.toJS() ?? {}
  if (typeof content === 'object' && !Array.isArray(content)) return content as Content
  throw new CliError('The file is no configuration: it has no names at its top.')
}

/** Nothing under a name is the same as no such name. */
export function firstThatMeans(
  wanted: Content,
  ways: readonly (() => string | undefined)[],
): string {
  for (const way of ways) {
    const text = way()
    if (text === undefined) continue
    const document = parseDocument(text)
    if (document.errors.length > 0) continue
    if (isDeepStrictEqual(withServers(contentOf(document)), withServers(wanted))) return text
  }
  throw new CliError('The file is written in a way that this program cannot change.', {
    nextStep: `write the entry under ${SERVERS} by hand`,
  })
}

function withServers(content: Content): Content {
  return { ...content, mcpServers: content.mcpServers ?? {} }
}

export function serversOf(document: Document): YAMLMap | undefined {
  const servers = document.get(SERVERS)
  return isMap(servers) ? servers : undefined
}

/** At the end of the block that is there, or as a block of its own at the end of the file. */
function insert(text: string, name: string, definition: ServiceDefinition): string | undefined {
  const document = parseText(text)
  const servers = serversOf(document)
  if (servers === undefined || servers.items.length === 0) return append(text, name, definition)
  if (servers.flow === true) return undefined
  const last = servers.items.at(-1) as Pair
  const end = endOf(text, last)
  const indent = columnOf(text, startOf(servers.items[0] as Pair))
  return `${withNewline(text.slice(0, end))}${render(name, definition, indent)}${text.slice(end)}`
}

function append(text: string, name: string, definition: ServiceDefinition): string | undefined {
  const document = parseText(text)
  const root = document.contents
  if (isMap(root) && (root.flow === true || root.has(SERVERS))) return undefined
  return `${withNewline(text)}${SERVERS}:\n${render(name, definition, 2)}`
}

/** Its lines, and the comment directly above it, which is about it. */
function cut(text: string, given: string): string | undefined {
  const servers = serversOf(parseText(text))
  if (servers === undefined || servers.flow === true || servers.items.length < 2) return undefined
  const item = servers.items.find((pair) => isScalar(pair.key) && pair.key.value === given)
  if (item === undefined) return undefined
  const lineStart = text.lastIndexOf('\n', startOf(item)) + 1
  return text.slice(0, aboveComments(text, lineStart)) + text.slice(endOf(text, item))
}

function aboveComments(text: string, lineStart: number): number {
  let start = lineStart
  for (;;) {
    const previous = text.lastIndexOf('\n', start - 2) + 1
    if (start === 0 || !/^[ \t]+#/.test(text.slice(previous, start))) return start
    start = previous
  }
}

function startOf({ key }: Pair): number {
  return (isScalar(key) ? key.range?.[0] : undefined) ?? 0
}

/** Behind the line that it ends in. */
function endOf(text: string, pair: Pair): number {
  const { value, key } = pair as Pair<{ range?: [number, number, number] | null }, unknown>
  const node = (value ?? key) as { range?: [number, number, number] | null }
  const valueEnd = node.range?.[1] ?? text.length
  if (text[valueEnd - 1] === '\n') return valueEnd
  const newline = text.indexOf('\n', valueEnd)
  return newline < 0 ? text.length : newline + 1
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1)
}

function withNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function render(name: string, definition: ServiceDefinition, indent: number): string {
  return stringify({ [name]: definition }, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map((line) => `${' '.repeat(indent)}${line}\n`)
    .join('')
}

/** As JSON where it is JSON: a client may read the same file. */
export function rewrite(text: string, change: (document: Document) => void): string {
  const document = parseText(text)
  change(document)
  return isJson(text)
    ? `${JSON.stringify(document.toJS(), undefined, 2)}\n`
    : document.toString({ lineWidth: 0 })
}

function put(document: Document, name: string, definition: ServiceDefinition): void {
  if (document.contents === null) document.contents = document.createNode({}) as never
  const servers = serversOf(document)
  if (servers === undefined) document.set(SERVERS, document.createNode({}))
  // Without its last entry it is written as braces, which nobody chose.
  else if (servers.items.length === 0) servers.flow = isFlow(document.contents)
  document.setIn([SERVERS, name], document.createNode(definition))
}

function isFlow(node: unknown): boolean {
  return isMap(node) && node.flow === true
}

export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
