/** The bearer token of a request: from the `Authorization` header and from nowhere else (RFC 6750 section 2.1). */

/** RFC 6750 section 2.1, b64token; the scheme is case-insensitive (RFC 9110 section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i

/** Ours have about one kilobyte; more is not worth the cost of a look. */
const TOKEN_CHARACTERS_MAX = 8192

export type BearerReading =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'token'; readonly token: string }

/** `headers`: every value of `Authorization`, apart. Another scheme is no bearer token at all. */
export function readBearer(headers: readonly string[]): BearerReading {
  const [header, ...others] = headers
  if (header === undefined) return { kind: 'none' }
  if (others.length > 0) return { kind: 'malformed', detail: 'more than one Authorization header' }
  if (!/^bearer(?: |$)/i.test(header)) return { kind: 'none' }
  const token = BEARER.exec(header)?.[1]
  if (token === undefined) return { kind: 'malformed', detail: 'not a bearer token' }
  if (token.length > TOKEN_CHARACTERS_MAX) return { kind: 'malformed', detail: 'token too long' }
  return { kind: 'token', token }
}
