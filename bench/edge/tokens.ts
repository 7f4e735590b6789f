/** Tokens as the authorization server mints them, with a key of the run's own, in files that the load reads. */

import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AccessTokenClaims, signAccessToken } from '../../lib/oauth/access-token.ts'
import type { SigningKey } from '../../lib/oauth/jws.ts'
import type { PublicJwk } from '../../lib/store/public-keys.ts'
import type { Algorithm } from '../options.ts'

export const ISSUER = 'http://localhost:8642'
export const HOST = 'localhost:8642'
export const PATH = '/echo/mcp'
export const RESOURCE = `${ISSUER}${PATH}`
export const USER = 'dev:alice'

export interface Mint {
  readonly publicJwk: PublicJwk
  mint(changes?: Partial<AccessTokenClaims>): string
}

const LIFETIME_SECONDS = 3600

export function createMint(algorithm: Algorithm, notBefore: number): Mint {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = 'bench-key'
  const key: SigningKey = { kid, algorithm, privateKey }
  const now = Math.max(Math.floor(Date.now() / 1000), notBefore)
  return {
    publicJwk: {
      ...publicKey.export({ format: 'jwk' }),
      kid,
      alg: algorithm,
      use: 'sig',
    } as PublicJwk,
    mint: (changes = {}) =>
      signAccessToken(
        {
          iss: ISSUER,
          sub: USER,
          aud: RESOURCE,
          client_id: '5f0c1a52-6a0e-4a4c-9b58-6f4f8a1f3d11',
          scope: 'mcp',
          jti: randomUUID(),
          iat: now,
          exp: now + LIFETIME_SECONDS,
          auth_time: now,
          grant_id: `${Date.now()}-${randomUUID()}`,
          preferred_username: 'alice',
          ...changes,
        },
        key,
      ),
  }
}

export interface TokenFiles {
  /** Asked with again and again. */
  readonly warm: string
  /** Each asked with once. */
  readonly fresh: string
  /** So that the compiler is done before `fresh` is asked with. */
  readonly preheat: string
  readonly revoked: string
  readonly revokedIds: readonly string[]
}

export interface TokenCounts {
  readonly warm: number
  readonly fresh: number
}

/** As many requests as the other services have answered by the end of their warm-up: they are not started anew. */
const PREHEAT = 10_000
const REVOKED = 1000

export function writeTokens(mint: Mint, folder: string, { warm, fresh }: TokenCounts): TokenFiles {
  const revokedIds = Array.from({ length: REVOKED }, () => randomUUID())
  const write = (name: string, tokens: readonly string[]): string => {
    const path = join(folder, `${name}-tokens`)
    writeFileSync(path, `${tokens.join('\n')}\n`, { mode: 0o600 })
    return path
  }
  const some = (count: number): string[] => Array.from({ length: count }, () => mint.mint())
  return {
    warm: write('warm', some(warm)),
    fresh: write('fresh', some(fresh)),
    preheat: write('preheat', some(fresh === 0 ? 0 : PREHEAT)),
    revoked: write(
      'revoked',
      revokedIds.map((jti) => mint.mint({ jti })),
    ),
    revokedIds,
  }
}

/** A call of a tool, of 1.5 KB. */
export function writeBody(folder: string): string {
  const path = join(folder, 'body')
  const call = (text: string): string =>
    JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'echo', arguments: { text } },
    })
  writeFileSync(path, call('lorem '.repeat(300).slice(0, BODY_BYTES - call('').length)))
  return path
}

const BODY_BYTES = 1500
