/**
 * JSON whose numbers keep their text on the way through: 12345678901234567890, 1.0 and 1e400 leave
 * as they came.
 *
 * Of members that have one name the last remains, and members named like the places of an array come
 * first: neither means anything in JSON (RFC 8259 section 4).
 */

import { isObject } from '../lib/platform/json.ts'
import { MESSAGE_VALUES_MAX } from './limits.ts'

/** A number that may look different once it was read; texts that look like one cost only time. */
const INEXACT =
  /[:,[]\s*-?(?:\d[\d.]{15}|\d+\.\d*0[\s,}\]]|\d+(?:\.\d+)?[eE][\d+-]|0\.0{6})|[:,[]\s*-0[\s,}\]]/

/** A number that JSON.stringify writes as it came. */
export interface ExactNumber {
  readonly rawJSON: string
}

interface RawJson {
  rawJSON(text: string): ExactNumber
  isRawJSON(value: unknown): value is ExactNumber
}

/** Of ECMAScript 2026. */
const { rawJSON, isRawJSON } = JSON as unknown as RawJson

interface Source {
  /** Of primitive values. */
  readonly source?: string
}

/** A text may be JSON, and of a size that passes, and still take so long to read that others suffer. */
export class TooManyValues extends Error {
  override readonly name = 'TooManyValues'

  constructor() {
    super(`more than ${MESSAGE_VALUES_MAX} values in one message`)
  }
}

/** Whether what parseExactly has thrown is of JSON that is too large, or nested too deeply, to be read. */
export function isTooMuch(error: unknown): error is Error {
  return error instanceof TooManyValues || error instanceof RangeError
}

/**
 * As JSON.parse, but for numbers that JSON.stringify would write otherwise.
 * @throws TooManyValues before anything is read; SyntaxError for what is not JSON; RangeError where that is nested
 * too deeply.
 */
export function parseExactly(text: string): unknown {
  // Each value has a character of its own at least: most texts need not be looked at.
  if (text.length > MESSAGE_VALUES_MAX && hasTooManyValues(text)) throw new TooManyValues()
  if (!INEXACT.test(text)) return JSON.parse(text)
  const value: unknown = JSON.parse(text, keepNumber as (key: string, value: unknown) => unknown)
  for (const one of Array.isArray(value) ? value : [value]) makeComparable(one)
  return value
}

/** Undefined for what is not JSON. */
export function tryParseExactly(text: string): unknown {
  try {
    return parseExactly(text)
  } catch {
    return undefined
  }
}

/** Each begins a list or an object, or follows a comma: what stands within texts is none. */
function hasTooManyValues(text: string): boolean {
  let values = 0
  for (let at = 0; at < text.length && values <= MESSAGE_VALUES_MAX; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfText(text, at)
    else if (code === COMMA || code === BRACKET || code === BRACE) values += 1
  }
  return values > MESSAGE_VALUES_MAX
}

/** Where the text that begins there ends: most have no quotation mark within, and large ones are found soonest so. */
function endOfText(text: string, start: number): number {
  const next = text.indexOf('"', start + 1)
  if (next === -1) return text.length
  if (text.charCodeAt(next - 1) !== BACKSLASH) return next
  let at = start + 1
  for (; at < text.length && text.charCodeAt(at) !== QUOTE; at += 1) {
    if (text.charCodeAt(at) === BACKSLASH) at += 1
  }
  return at
}

const QUOTE = 0x22
const COMMA = 0x2c
const BRACKET = 0x5b
const BACKSLASH = 0x5c
const BRACE = 0x7b

function keepNumber(_key: string, value: unknown, { source }: Source): unknown {
  if (typeof value !== 'number' || source === undefined) return value
  return String(value) === source ? value : rawJSON(source)
}

/** A number of such a text, whichever way it is kept; undefined for everything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return isRawJSON(value) ? Number(value.rawJSON) : undefined
}

/** What tells messages apart: the bridge compares it, and equal numbers must be one and the same value there. */
function makeComparable(message: unknown): void {
  if (!isObject(message)) return
  makeMemberComparable(message, 'id')
  const { params } = message
  if (!isObject(params)) return
  for (const name of ['requestId', 'progressToken']) makeMemberComparable(params, name)
  if (isObject(params['_meta'])) makeMemberComparable(params['_meta'], 'progressToken')
}

function makeMemberComparable(object: Record<string, unknown>, name: string): void {
  const value = object[name]
  if (isRawJSON(value)) object[name] = toComparable(value)
}

/** Longer ones are nobody's id. */
const COMPARED_CHARACTERS_MAX = 64

const compared = new Map<string, WeakRef<ExactNumber>>()
const forgotten = new FinalizationRegistry<string>((text) => {
  if (compared.get(text)?.deref() === undefined) compared.delete(text)
})

/** Plain where that is exact enough to tell two of them apart. */
function toComparable(exact: ExactNumber): number | ExactNumber {
  const text = exact.rawJSON
  const number = Number(text)
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER || text.length > COMPARED_CHARACTERS_MAX) {
    return number
  }
  const before = compared.get(text)?.deref()
  if (before !== undefined) return before
  compared.set(text, new WeakRef(exact))
  forgotten.register(exact, text)
  return exact
}
