/** Who a login is of, as far as its tokens and its authorization server tell. */

import { z } from 'zod'
import { fetchBriefly } from '../http.ts'
import type { Login, Tokens } from '../store/login.ts'

export interface Identity {
  /** Stable at the issuer; null when nothing tells it. */
  readonly subject: string | null
  readonly name: string | null
  readonly issuer: string
  readonly client_id: string
  readonly scope: string | null
  /** Seconds since 1970. */
  readonly expires_at: number | null
  readonly renews_itself: boolean
}

const claims = z.looseObject({
  sub: z.string().optional(),
  preferred_username: z.string().optional(),
  name: z.string().optional(),
})

type Claims = z.infer<typeof claims>

export async function describeLogin(login: Login, tokens: Tokens): Promise<Identity> {
  const told = readClaims(tokens.access_token) ?? (await askUserInfo(login, tokens)) ?? {}
  const { expires_in, obtained_at } = tokens
  return {
    subject: told.sub ?? null,
    name: told.preferred_username ?? told.name ?? null,
    issuer: login.server.issuer,
    client_id: login.client.client_id,
    scope: tokens.scope ?? null,
    expires_at: expires_in === undefined ? null : obtained_at + expires_in,
    renews_itself: tokens.refresh_token !== undefined,
  }
}

/**
 * Of an access token that is a JWT (RFC 9068). It is shown to its own holder, who had it from the issuer
 * itself: nothing is decided by it, and its signature is the server's to check.
 */
function readClaims(token: string): Claims | undefined {
  const [, payload = '', signature] = token.split('.')
  if (signature === undefined) return undefined
  try {
    return claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
  } catch {
    return undefined
  }
}

/** OpenID Connect Core section 5.3; undefined without such a place, or without the scope for it. */
async function askUserInfo({ server }: Login, tokens: Tokens): Promise<Claims | undefined> {
  const { userinfo_endpoint: endpoint } = server
  if (endpoint === undefined) return undefined
  const headers = { authorization: `Bearer ${tokens.access_token}`, accept: 'application/json' }
  try {
    const answer = await fetchBriefly(endpoint, { headers })
    return answer.ok ? claims.parse(await answer.json()) : undefined
  } catch {
    return undefined
  }
}
