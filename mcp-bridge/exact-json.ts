/**
 * JSON whose numbers keep their text on the way through: 12345678901234567890, 1.0 and 1e400 leave
 * as they came.
 *
 * Of members that have one name the last remains, and members named like the places of an array come
 * first: neither means anything in JSON (RFC 8259 section 4).
 */

import { MESSAGE_VALUES_MAX } from './limits.ts'

/** A number that may look different once it was read; texts that look like one cost only time. */
const INEXACT =
  /[:,[]\s*-?(?:\d[\d.]{15}|\d+\.\d*0[\s,}\]]|\d+(?:\.\d+)?[eE][\d+-]|0\.0{6})|[:,[]\s*-0[\s,}\]]/

/** What the bridge itself compares: plain, as JSON.parse gives it. */
const COMPARED = new Set(['requestId', 'progressToken'])

interface RawJson {
  rawJSON(text: string): unknown
  isRawJSON(value: unknown): value is { readonly rawJSON: string }
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

/**
 * As JSON.parse, but for numbers that JSON.stringify would write otherwise.
 * @throws TooManyValues before anything is read; SyntaxError for what is not JSON.
 */
export function parseExactly(text: string): unknown {
  // Each value has a character of its own at least: most texts need not be looked at.
  if (text.length > MESSAGE_VALUES_MAX && hasTooManyValues(text)) throw new TooManyValues()
  if (!INEXACT.test(text)) return JSON.parse(text)
  const value: unknown = JSON.parse(text, keepNumber as (key: string, value: unknown) => unknown)
  for (const one of Array.isArray(value) ? value : [value]) makeIdPlain(one)
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
  let isText = false
  for (let at = 0; at < text.length && values <= MESSAGE_VALUES_MAX; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) isText = !isText
    else if (isText) at += code === BACKSLASH ? 1 : 0
    else if (code === COMMA || code === BRACKET || code === BRACE) values += 1
  }
  return values > MESSAGE_VALUES_MAX
}

const QUOTE = 0x22
const COMMA = 0x2c
const BRACKET = 0x5b
const BACKSLASH = 0x5c
const BRACE = 0x7b

function keepNumber(key: string, value: unknown, { source }: Source): unknown {
  if (typeof value !== 'number' || source === undefined || COMPARED.has(key)) return value
  return String(value) === source ? value : rawJSON(source)
}

/** A number of such a text, whichever way it is kept; undefined for everything else. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  return isRawJSON(value) ? Number(value.rawJSON) : undefined
}

/** A message's own id is compared too. */
function makeIdPlain(message: unknown): void {
  if (typeof message !== 'object' || message === null || !('id' in message)) return
  if (isRawJSON(message.id)) message.id = Number(message.id.rawJSON)
}
