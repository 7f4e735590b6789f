/** `bearerDecode`: the claims of the access token, or why it is not here. */

import { z } from 'zod'
import { type BearerReading, readBearerToken } from '../bearer-token.ts'
import { instant } from '../relative-time.ts'
import { type GatewayIdentity, gatewayIdentity } from '../who-calls.ts'
import { defineReport } from './tool.ts'

/** Registered claims that are instants in epoch seconds (RFC 7519 section 4.1, OpenID Connect Core section 2). */
const INSTANTS = new Set(['exp', 'nbf', 'iat', 'auth_time'])

const WITHOUT_TOKEN: Readonly<Record<Exclude<BearerReading['kind'], 'jwt'>, string>> = {
  none: 'No bearer token reached this server.',
  'other scheme': 'The Authorization header is there, but it holds no bearer token.',
  opaque:
    'A bearer token reached this server. It is no JWT: only its issuer can say what it means.',
}
const TAKEN_AWAY =
  'That is as it should be: the gateway verifies the token and takes it away, so that no server can use it elsewhere. What it found in it:'
const NOBODY =
  'There are no identity headers either: no gateway stands in front of this server, and nobody has checked who calls.'

export const bearerDecodeTool = defineReport({
  name: 'bearerDecode',
  description:
    'Shows the claims of the bearer token: as the gateway found them, or unverified where a token reaches this server. Never the token or its signature.',
  input: z.strictObject({
    includeRaw: z
      .boolean()
      .default(false)
      .describe('Also header and claims as the JSON they are; still not the token.'),
  }),
  output: z.object({
    tokenReachedServer: z.boolean(),
    verifiedByGateway: z.boolean(),
    header: z.record(z.string(), z.unknown()).optional(),
    claims: z.record(z.string(), z.unknown()),
  }),
  run({ includeRaw }, { headers }) {
    const now = Date.now()
    const token = readBearerToken(headers)
    const identity = gatewayIdentity(headers)
    const claims = token.kind === 'jwt' ? token.claims : toClaims(identity)
    const facts = {
      tokenReachedServer: token.kind !== 'none',
      verifiedByGateway: identity !== undefined,
      ...(token.kind === 'jwt' && { header: token.header }),
      claims,
    }
    const lines = [
      ...headLines(token, identity),
      ...claimLines(claims, now),
      ...(includeRaw ? rawLines(token, claims) : []),
    ]
    return { text: lines.join('\n'), facts }
  },
})

function headLines(token: BearerReading, identity: GatewayIdentity | undefined): string[] {
  if (token.kind !== 'jwt') {
    return [WITHOUT_TOKEN[token.kind], identity === undefined ? NOBODY : TAKEN_AWAY]
  }
  const { alg, typ, kid } = token.header
  return [
    'A bearer token reached this server. What follows is what it says of itself: this server has not verified it.',
    `Header: alg ${show(alg)}, typ ${show(typ)}, kid ${show(kid)}`,
    `Signature: ${token.isSigned ? 'present, never shown' : 'missing'}`,
  ]
}

/** In the names that the token has them under (RFC 9068 section 2.2). */
function toClaims(identity: GatewayIdentity | undefined): Record<string, unknown> {
  if (identity === undefined) return {}
  const { userId, userName, clientId, scopes, grantId, tokenId, expiresAt } = identity
  return {
    sub: userId,
    preferred_username: userName,
    client_id: clientId,
    scope: scopes.join(' '),
    grant_id: grantId,
    jti: tokenId,
    ...(Number.isNaN(expiresAt) ? {} : { exp: expiresAt }),
  }
}

function claimLines(claims: Readonly<Record<string, unknown>>, nowMs: number): string[] {
  return Object.entries(claims).map(([name, value]) => {
    const isInstant = INSTANTS.has(name) && typeof value === 'number'
    return `  ${name}: ${isInstant ? `${value}, ${instant(value, nowMs)}` : show(value)}`
  })
}

function rawLines(token: BearerReading, claims: Readonly<Record<string, unknown>>): string[] {
  if (token.kind !== 'jwt') return ['', 'Raw: there is no token here to show in its own words.']
  return ['', 'Raw:', JSON.stringify(token.header), JSON.stringify(claims)]
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'not said')
}
