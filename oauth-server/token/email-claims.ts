/** Somebody's address, for who may know it: one that their provider has verified, or none. */

import type { Ports } from '../ports.ts'
import { EMAIL } from '../scopes.ts'

interface EmailClaims {
  readonly email?: string
  readonly email_verified?: true
}

/** OpenID Connect Core section 5.1; as it was when they last logged in. */
export async function emailClaims(
  { families }: Pick<Ports, 'families'>,
  userId: string,
  scopes: readonly string[],
): Promise<EmailClaims> {
  if (!scopes.includes(EMAIL)) return {}
  const [email] = (await families.users.find(userId))?.emails ?? []
  return email === undefined ? {} : { email, email_verified: true }
}
