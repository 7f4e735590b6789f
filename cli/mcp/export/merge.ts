/** Puts one server into a configuration file that belongs to somebody else: comments and the rest stay as they are. */

import { applyEdits, modify, type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { parse as parseToml, stringify as toToml } from 'smol-toml'
import { CliError } from '../../cli-error.ts'
import type { ExportShape } from './shapes.ts'

export interface NewEntry {
  readonly shape: Pick<ExportShape, 'format' | 'section'>
  readonly name: string
  readonly value: Readonly<Record<string, unknown>>
}

/**
 * @param source of the file; empty when there is none.
 * @param place for messages.
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
function mergeJson(source: string, { shape, name, value }: NewEntry, place: string): string {
  const text = source.trim() === '' ? '{}' : source
  const errors: ParseError[] = []
  const root: unknown = parse(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first !== undefined || typeof root !== 'object' || root === null || Array.isArray(root)) {
    const why = first === undefined ? 'it is no object' : printParseErrorCode(first.error)
    throw notUnderstood(place, why)
  }
  const merged = applyEdits(text, modify(text, [shape.section, name], value, INDENTED))
  return merged.endsWith('\n') ? merged : `${merged}\n`
}

/** A table at the end of the file is the one change that touches nothing else of it. */
function mergeToml(source: string, { shape, name, value }: NewEntry, place: string): string {
  const tables = readToml(source, place)[shape.section]
  const found = (tables as Record<string, Record<string, unknown>> | undefined)?.[name]
  if (found !== undefined) {
    const isSame = Object.entries(value).every(([key, wanted]) => found[key] === wanted)
    if (isSame) return source
    throw new CliError(`${place} has another server named ${name}.`, {
      nextStep: `choose another name with --name, or take [${shape.section}.${name}] out`,
    })
  }
  const before = source === '' || source.endsWith('\n') ? source : `${source}\n`
  const table = `${toToml({ [shape.section]: { [name]: value } }).trim()}\n`
  const merged = before === '' ? table : `${before}\n${table}`
  // An inline table of servers cannot be added to: better told than written.
  readToml(merged, place)
  return merged
}

function readToml(source: string, place: string): Record<string, unknown> {
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
