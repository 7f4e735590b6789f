/** A key whose signatures are the same each time, so that a token can stand in a file; its clock stands still. */

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import type { CheckPorts } from '../../../ext-authz/check.ts'
import { createVerifiedTokens } from '../../../ext-authz/verified-tokens.ts'
import { type AccessTokenClaims, signAccessToken } from '../../../lib/oauth/access-token.ts'

export const NOW_SECONDS = 1_700_000_000
export const ISSUER = 'https://gw.example'
export const AUDIENCE = `${ISSUER}/echo/mcp`
export const KID = 'k'

/** RFC 8410 section 7: what stands before the 32 bytes of a private Ed25519 key. */
const PKCS8_START = Buffer.from('302e020100300506032b657004220420', 'hex')

export const privateKey: KeyObject = createPrivateKey({
  key: Buffer.concat([PKCS8_START, Buffer.alloc(32, 'fuzz')]),
  format: 'der',
  type: 'pkcs8',
})
export const publicKey: KeyObject = createPublicKey(privateKey)

export const CLAIMS: AccessTokenClaims = {
  iss: ISSUER,
  sub: 'dev:alice',
  aud: AUDIENCE,
  client_id: 'c',
  scope: 'mcp',
  jti: 't',
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 3600,
  auth_time: NOW_SECONDS,
  grant_id: '1700000000000-g',
  preferred_username: 'alice',
}

const key = { kid: KID, algorithm: 'EdDSA', privateKey } as const

export const GOOD = signAccessToken(CLAIMS, key)
/** Signed by the same key, and not to be let in: each would be an answer to a small change of the other. */
export const EXPIRED = signAccessToken({ ...CLAIMS, exp: NOW_SECONDS - 60 }, key)
export const ELSEWHERE = signAccessToken({ ...CLAIMS, aud: `${ISSUER}/memory/mcp` }, key)

const resource = {
  service: 'echo',
  identifier: AUDIENCE,
  metadataUrl: `${ISSUER}/.well-known/oauth-protected-resource/echo/mcp`,
  baseScope: 'mcp',
  asksEachTime: false,
}

/** Of one decider, which remembers what it has verified. */
export function createPorts(): CheckPorts {
  return {
    issuer: ISSUER,
    findResource: (service) => (service === 'echo' ? resource : undefined),
    isAllowedOrigin: (origin) => origin === 'https://page.example',
    findKey: (kid, algorithm) => (kid === KID && algorithm === 'EdDSA' ? publicKey : undefined),
    revocations: { recall: () => ({ revoked: false }), ask: async () => ({ revoked: false }) },
    verifiedTokens: createVerifiedTokens(50),
  }
}

export const clock = (): number => NOW_SECONDS * 1000
