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
  const params = new URLSearchParams(source)
  const names = [...params.keys()]
  return {
    get: (name) => params.get(name) || undefined,
    repeated: [...new Set(names.filter((name, index) => names.indexOf(name) !== index))],
  }
}
