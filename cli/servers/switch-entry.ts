/** `enabled` of one entry in `gateway.yaml`, changed in its place: all else stays byte for byte where that can be. */

import { type Document, isMap, isScalar, type YAMLMap } from 'yaml'
import {
  entryNames,
  firstThatMeans,
  isJson,
  parseText,
  readContent,
  rewrite,
  SERVERS,
  serversOf,
  withEntry,
} from './gateway-document.ts'

const MEMBER = 'enabled'

/** The text in which this service is switched so; without an entry it gets one that says nothing else. */
export function withSwitch(text: string, name: string, enabled: boolean): string {
  const given = entryNames(text).get(name)
  if (given === undefined) return withEntry(text, name, { [MEMBER]: enabled })
  const { mcpServers = {}, ...rest } = readContent(text)
  const entry = { ...(mcpServers[given] as object | null), [MEMBER]: enabled }
  return firstThatMeans({ ...rest, mcpServers: { ...mcpServers, [given]: entry } }, [
    () => inPlace(text, given, enabled),
    () => rewrite(text, (document) => document.setIn([SERVERS, given], document.createNode(entry))),
  ])
}

function inPlace(text: string, given: string, enabled: boolean): string | undefined {
  const entry = entryOf(parseText(text), given)
  return entry && (replaceValue(text, entry, enabled) ?? insertMember(text, entry, enabled))
}

function entryOf(document: Document, given: string): YAMLMap | undefined {
  const entry = serversOf(document)?.get(given, true)
  return isMap(entry) ? entry : undefined
}

function replaceValue(text: string, entry: YAMLMap, enabled: boolean): string | undefined {
  const value = entry.get(MEMBER, true)
  if (!isScalar(value) || !value.range) return undefined
  const [start, end] = value.range
  return text.slice(0, start) + String(enabled) + text.slice(end)
}

/** Before the others: in braces behind the first one, else on a line of its own, indented as they are. */
function insertMember(text: string, entry: YAMLMap, enabled: boolean): string | undefined {
  const start = entry.range?.[0]
  if (start === undefined) return undefined
  if (entry.flow === true) {
    const key = isJson(text) ? `"${MEMBER}"` : MEMBER
    const rest = text.slice(start + 1)
    const separator = entry.items.length === 0 ? ' ' : /^\s/.test(rest) ? ',' : ', '
    return `${text.slice(0, start + 1)} ${key}: ${enabled}${separator}${rest}`
  }
  const indent = text.slice(text.lastIndexOf('\n', start - 1) + 1, start)
  if (indent.trim() !== '') return undefined
  return `${text.slice(0, start)}${MEMBER}: ${enabled}\n${indent}${text.slice(start)}`
}
