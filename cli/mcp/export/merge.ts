/** Puts one server into a configuration file that belongs to somebody else: comments and the rest stay as they are. */

import { isDeepStrictEqual } from 'node:util'
import { applyEdits, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml, stringify as toToml } from 'smol-toml'
import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { CliError } from '../../cli-error.ts'
import type { ExportShape } from './shapes.ts'

export interface NewEntry {
  readonly shape: Pick<ExportShape, 'format' | 'section'>
  readonly name: string
  readonly value: Readonly<Record<string, unknown>>
  /** Takes the place of another server of this name. */
  readonly isReplacing?: boolean
}

/**
 * @param source of the file; empty when there is none.
 * @param place for messages.
 * @returns the source itself where the server is in it already, with whatever the person added to its entry.
 * @throws CliError when the file is not understood, or cannot be changed without losing something.
 */
export function mergeEntry(source: string, entry: NewEntry, place: string): string {
  return entry.shape.format === 'json'
    ? mergeJson(source, entry, place)
    : mergeToml(source, entry, place)
}

/** As a file of its own, to be looked at. */
export function renderEntry(entry: NewEntry): string {
  return mergeEntry('', entry, '')
}

const INDENTED = { formattingOptions: { insertSpaces: true, tabSize: 2, insertFinalNewline: true } }

/** Clients allow comments and trailing commas in theirs. */
function mergeJson(source: string, entry: NewEntry, place: string): string {
  const { shape, name, value } = entry
  const text = source.trim() === '' ? '{}' : source
  const errors: ParseError[] = []
  const root: unknown = parse(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first !== undefined) throw notUnderstood(place, printParseErrorCode(first.error))
  if (!isObject(root)) throw notUnderstood(place, 'it is no object')
  const servers = root[shape.section] ?? {}
  if (!isObject(servers)) throw notUnderstood(place, `${shape.section} is no object`)
  if (isThere(servers, entry, place)) return source
  const merged = applyEdits(text, modify(text, [shape.section, name], value, INDENTED))
  return merged.endsWith('\n') ? merged : `${merged}\n`
}

/** A table at the end of the file is the one change that touches nothing else of it. */
function mergeToml(source: string, entry: NewEntry, place: string): string {
  const { shape, name, value } = entry
  const servers = readToml(source, place)[shape.section] ?? {}
  if (!isObject(servers)) throw notUnderstood(place, `${shape.section} is no table`)
  if (isThere(servers, { ...entry, isReplacing: false }, place)) return source
  const before = source === '' || source.endsWith('\n') ? source : `${source}\n`
  const table = `${toToml({ [shape.section]: { [name]: value } }).trim()}\n`
  const merged = before === '' ? table : `${before}\n${table}`
  // An inline table of servers cannot be added to: better told than written.
  readToml(merged, place)
  return merged
}

/** Whether the entry is in the file. @throws CliError when another one has its name, and is to stay. */
function isThere(
  servers: JsonObject,
  { shape, name, value, isReplacing }: NewEntry,
  place: string,
) {
  if (!Object.hasOwn(servers, name)) return false
  const found = servers[name]
  if (isObject(found)) {
    const wanted = Object.entries(value)
    if (wanted.every(([key, text]) => isDeepStrictEqual(found[key], text))) return true
  }
  if (isReplacing === true) return false
  const out =
    shape.format === 'json' ? '--replace' : `take [${shape.section}.${name}] out of the file`
  throw new CliError(`${place} has another server named ${name}: nothing was changed.`, {
    nextStep: `choose another name with --name, or ${out}`,
  })
}

function readToml(source: string, place: string): JsonObject {
  try {
    return parseToml(source)
  } catch (error) {
    throw notUnderstood(place, (error as Error).message.split('\n')[0] ?? '')
  }
}

function notUnderstood(place: string, why: string): CliError {
  return new CliError(`${place} is not understood (${why}): nothing was changed.`, {
    nextStep: 'correct it, or paste what is printed without --write',
  })
}
