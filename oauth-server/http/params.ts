/**
 * OAuth parameters of a query or a form: empty means omitted, and none may be repeated
 * (RFC 6749 section 3.1).
 */

export interface Params {
  get(name: string): string | undefined
  /** Names that occur more than once, even with the same value. */
  readonly repeated: readonly string[]
}

export function parseParams(source: string): Params {
  const values = new Map<string, string>()
  const repeated = new Set<string>()
  // One pass: anybody may send thousands of names. The first question mark would be taken away: it is ours.
  for (const [name, value] of new URLSearchParams(`?${source}`)) {
    if (values.has(name)) repeated.add(name)
    else values.set(name, value)
  }
  return {
    get: (name) => values.get(name) || undefined,
    repeated: [...repeated],
  }
}
