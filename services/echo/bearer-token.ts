/** What a bearer token says of itself. Nothing here is verified, and the token itself goes nowhere. */

import { headerText, type ReceivedHeaders } from '../native/arrival.ts'

export type BearerReading =
  | { readonly kind: 'none' | 'other scheme' | 'opaque' }
  | {
      readonly kind: 'jwt'
      readonly header: Readonly<Record<string, unknown>>
      readonly claims: Readonly<Record<string, unknown>>
      readonly isSigned: boolean
    }

/** Reads the compact form of a JWT (RFC 7519 section 3, RFC 7515 section 7.1). */
export function readBearerToken(received: ReceivedHeaders): BearerReading {
  const text = headerText(received, 'authorization')
  if (text === '') return { kind: 'none' }
  const [, token] = /^bearer +(\S+)$/i.exec(text) ?? []
  if (token === undefined) return { kind: 'other scheme' }
  const parts = token.split('.')
  const [header, claims] = parts.map(toObject)
  if (parts.length !== 3 || header === undefined || claims === undefined) return { kind: 'opaque' }
  return { kind: 'jwt', header, claims, isSigned: parts[2] !== '' }
}

function toObject(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Readonly<Record<string, unknown>>
    }
  } catch {
    // No JSON: then it is no JWT.
  }
  return undefined
}
