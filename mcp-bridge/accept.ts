/** What a client can read (RFC 9110 section 12.5.1), read leniently: many send `*` or nothing. */

export interface Accepted {
  readonly json: boolean
  readonly stream: boolean
}

const BOTH: Accepted = { json: true, stream: true }

/** Clients send one of a few, each all the time. */
const seen = new Map<string, Accepted>()
const SEEN_MAX = 64
const SEEN_CHARACTERS_MAX = 256

export function parseAccept(header = ''): Accepted {
  const known = seen.get(header)
  if (known !== undefined) return known
  const accepted = readRanges(header)
  if (seen.size < SEEN_MAX && header.length <= SEEN_CHARACTERS_MAX) seen.set(header, accepted)
  return accepted
}

function readRanges(header: string): Accepted {
  const ranges = header
    .split(',')
    .filter((range) => !/;\s*q=0(?:\.0{0,3})?\s*(?:;|$)/i.test(range))
    .map((range) => range.split(';', 1)[0]?.trim().toLowerCase() ?? '')
  const has = (...names: readonly string[]): boolean => names.some((name) => ranges.includes(name))
  if (has('', '*/*')) return BOTH
  const json = has('application/json', 'application/*')
  const stream = has('text/event-stream', 'text/*')
  // Who asks for neither gets what needs no special reader, never a refusal.
  return { json: json || !stream, stream }
}
