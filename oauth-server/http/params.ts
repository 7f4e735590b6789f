/**
 * OAuth parameters of a query or a form: empty means omitted, and none that is recognized may be repeated
 * (RFC 6749 section 3.1).
 */

import { OAuthError } from '../../lib/oauth/error.ts'

export interface Params {
  get(name: string): string | undefined
  /** Names that occur more than once, even with the same value. */
  readonly repeated: readonly string[]
}

/** What any endpoint or page reads. Everything else is ignored, however often it is sent. */
const RECOGNIZED: ReadonlySet<string> = new Set([
  ...['response_type', 'response_mode', 'client_id', 'redirect_uri', 'scope', 'state', 'resource'],
  ...['code_challenge', 'code_challenge_method', 'nonce', 'prompt', 'max_age', 'login_hint'],
  ...['id_token_hint', 'request', 'request_uri'],
  ...['grant_type', 'code', 'code_verifier', 'refresh_token', 'device_code', 'client_secret'],
  ...['client_assertion', 'client_assertion_type', 'token', 'token_type_hint', 'access_token'],
  ...['interaction', 'decision', 'service', 'username', 'provider', 'user_code', 'confirmation'],
  ...['named', 'proof', 'return', 'extent', 'change', 'grant', 'name', 'value', 'notice'],
])

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

/** @throws OAuthError for a parameter whose meaning cannot be known. */
export function refuseRepeated({ repeated }: Params): void {
  const names = repeated.filter((name) => RECOGNIZED.has(name))
  const [name] = names
  if (name === undefined) return
  // RFC 8707 section 2 allows several resources; a token of ours has exactly one.
  const code = names.includes('resource') ? 'invalid_target' : 'invalid_request'
  throw new OAuthError(code, 'a parameter is repeated', { detail: name })
}
