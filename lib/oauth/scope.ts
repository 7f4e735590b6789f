/** Scopes: space-separated, case-sensitive, order without meaning (RFC 6749 section 3.3). */

/** The scope every service asks for when the catalogue says nothing else. */
export const DEFAULT_SCOPE = 'mcp'

export const OFFLINE_ACCESS = 'offline_access'

/** The distinct members in order of first mention; an absent or empty text has none. */
export function parseScope(text: string | undefined): readonly string[] {
  return [...new Set((text ?? '').split(' ').filter((member) => member !== ''))]
}

export function formatScope(scopes: Iterable<string>): string {
  return [...scopes].join(' ')
}

/** Those of `wanted` that `held` lacks. */
export function missingScopes(
  wanted: readonly string[],
  held: readonly string[],
): readonly string[] {
  return wanted.filter((scope) => !held.includes(scope))
}
