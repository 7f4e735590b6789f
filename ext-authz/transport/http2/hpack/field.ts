/** A header field, and what it means to a request: told once, where the field is read or remembered. */

export const KIND = {
  other: 0,
  method: 1,
  path: 2,
  scheme: 3,
  authority: 4,
  contentType: 5,
  contentLength: 6,
  /** W3C Trace Context. */
  traceparent: 7,
  /** A name or value that RFC 9113 does not allow in a request. */
  malformed: 8,
} as const

export type Kind = (typeof KIND)[keyof typeof KIND]

export interface Field {
  readonly name: string
  readonly value: string
  readonly kind: Kind
  /** As RFC 7541, section 4.1, counts it. */
  readonly bytes: number
}

const FIELD_OVERHEAD = 32

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  [':method', KIND.method],
  [':path', KIND.path],
  [':scheme', KIND.scheme],
  [':authority', KIND.authority],
  ['content-type', KIND.contentType],
  ['content-length', KIND.contentLength],
  ['traceparent', KIND.traceparent],
  ['connection', KIND.malformed],
  ['keep-alive', KIND.malformed],
  ['proxy-connection', KIND.malformed],
  ['transfer-encoding', KIND.malformed],
  ['upgrade', KIND.malformed],
])

/** RFC 9113, section 8.2.1. Pseudo-header fields not among `KINDS` are unknown. */
const NAME = /^[!-9;-@[-~]+$/
const BAD_VALUE = /^[\t ]|[\0\n\r]|[\t ]$/

/** `name` and `value` are latin1: a character is a byte. */
export function createField(name: string, value: string): Field {
  const bytes = name.length + value.length + FIELD_OVERHEAD
  return { name, value, kind: kindOf(name, value), bytes }
}

function kindOf(name: string, value: string): Kind {
  if (BAD_VALUE.test(value)) return KIND.malformed
  if (name === 'te') return value === 'trailers' ? KIND.other : KIND.malformed
  const kind = KINDS.get(name)
  if (kind !== undefined) return kind
  return NAME.test(name) ? KIND.other : KIND.malformed
}
