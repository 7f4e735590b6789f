/** Assertions by which clients authenticate: `private_key_jwt` (RFC 7523 section 3, OpenID Connect Core 9). */

import { decodeJwt, type JWTPayload, jwtVerify } from 'jose'
import { OAuthError } from '../../lib/oauth/error.ts'
import { toSeconds } from '../../lib/platform/clock.ts'
import type { Client } from '../clients/client.ts'
import type { Ports } from '../ports.ts'

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Asymmetric alone: nothing here is shared with a client that signs. */
export const ASSERTION_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA']

const CLOCK_TOLERANCE_SECONDS = 5
/** An assertion is made for one request: one that lives for long is one that can be stolen. */
const LIFETIME_SECONDS_MAX = 600
const JTI_CHARACTERS_MAX = 512

type AssertionPorts = Pick<Ports, 'findClientKey' | 'families' | 'gateway' | 'clock'>

/** The client it speaks of; nothing is proved by that. */
export function readSubject(assertion: string): string | undefined {
  try {
    const { sub } = decodeJwt(assertion)
    // Nothing is verified yet: it may be of any type.
    return typeof sub === 'string' ? sub : undefined
  } catch {
    // Not a JWT: whose it is cannot be told.
    return undefined
  }
}

/** Where an assertion was sent to, and by whom. */
export interface Presentation {
  /** The path that was asked. */
  readonly endpoint: string
  /** A `requesterKey`. */
  readonly requester: string
}

/** @throws OAuthError `invalid_client`. */
export async function verifyAssertion(
  assertion: string,
  client: Pick<Client, 'id' | 'keys'>,
  presentation: Presentation,
  ports: AssertionPorts,
): Promise<void> {
  if (client.keys === undefined) throw failed('this client has no keys')
  const now = ports.clock()
  const payload = await verifySignature(assertion, client, presentation, ports, now)
  const { jti, expiresAt } = checkClaims(payload, toSeconds(now))
  const ttlSeconds = expiresAt - toSeconds(now) + CLOCK_TOLERANCE_SECONDS + 1
  // Last: what is refused for another reason uses nothing up.
  if (await ports.families.assertions.use(client.id, jti, ttlSeconds)) return
  throw failed('the assertion was used before')
}

async function verifySignature(
  assertion: string,
  { id, keys }: Pick<Client, 'id' | 'keys'>,
  { endpoint, requester }: Presentation,
  { findClientKey, gateway }: AssertionPorts,
  now: number,
): Promise<JWTPayload> {
  if (keys === undefined) throw failed('this client has no keys')
  const { issuer } = gateway.addresses
  try {
    const { payload } = await jwtVerify(assertion, findClientKey(keys, requester), {
      algorithms: ASSERTION_ALGORITHMS,
      issuer: id,
      subject: id,
      audience: [issuer, `${issuer}/token`, issuer + endpoint],
      requiredClaims: ['exp', 'jti'],
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: new Date(now),
    })
    return payload
  } catch (error) {
    if (error instanceof OAuthError) throw error
    throw failed(error instanceof Error ? error.message : String(error))
  }
}

function checkClaims(
  { aud, exp = 0, iat, jti }: JWTPayload,
  now: number,
): { jti: string; expiresAt: number } {
  // An assertion for several servers could be carried from one to the other.
  if (Array.isArray(aud) && aud.length !== 1) throw failed('aud has more than one value')
  if (exp > now + LIFETIME_SECONDS_MAX + CLOCK_TOLERANCE_SECONDS) {
    throw failed('exp is more than ten minutes ahead')
  }
  if (iat !== undefined && !(iat <= now + CLOCK_TOLERANCE_SECONDS)) throw failed('iat is ahead')
  if (typeof jti !== 'string' || jti === '' || jti.length > JTI_CHARACTERS_MAX) {
    throw failed('jti is not a text that can be remembered')
  }
  return { jti, expiresAt: Math.ceil(exp) }
}

function failed(detail: string): OAuthError {
  return new OAuthError('invalid_client', 'client authentication failed', { detail })
}
