/**
 * A valid access token at any time. Refresh tokens rotate, so that one process at a time refreshes; the
 * others wait, and find the new token. One that dies in the middle leaves the old refresh token, which
 * servers accept again for a moment.
 */

import { OAuthError, type OAuthTokens, refreshAuthorization } from '@modelcontextprotocol/client'
import { type Clock, toSeconds } from '../../../lib/platform/clock.ts'
import { CliError } from '../../cli-error.ts'
import { fetchBriefly } from '../http.ts'
import { isFresh, type Login, type Tokens } from '../store/login.ts'
import type { LoginSlot, LoginStore } from '../store/login-store.ts'

export interface TokenSource {
  /** Undefined without a login. @throws CliError when it has ended. */
  current(): Promise<string | undefined>
  /** Another one than the one that a server refused; undefined when there is none to be had. */
  replace(refused: string | undefined): Promise<string | undefined>
}

export function createTokenSource(store: LoginStore, clock: Clock): TokenSource {
  const isUsable = (tokens: Tokens | undefined, refused: string | undefined): boolean =>
    tokens !== undefined && tokens.access_token !== refused && isFresh(tokens, clock())
  const renew = (refused: string | undefined): Promise<string | undefined> =>
    store.exclusively(async (slot) => {
      const login = slot.read()
      if (login?.tokens === undefined) return undefined
      if (isUsable(login.tokens, refused)) return login.tokens.access_token
      return await refresh(slot, login, clock)
    })
  return {
    async current() {
      const tokens = store.read()?.tokens
      if (tokens === undefined) return undefined
      return isUsable(tokens, undefined) ? tokens.access_token : await renew(undefined)
    },
    replace: renew,
  }
}

/** What the server answered, with the time: only it says how long it is good for. */
export function toTokens(answer: OAuthTokens, now: number): Tokens {
  const { access_token, refresh_token, token_type, scope, expires_in } = answer
  return {
    access_token,
    token_type,
    obtained_at: toSeconds(now),
    ...(refresh_token !== undefined && { refresh_token }),
    ...(scope !== undefined && { scope }),
    ...(expires_in !== undefined && { expires_in }),
  }
}

/** Undefined when the login has ended, which is then forgotten. */
async function refresh(slot: LoginSlot, login: Login, clock: Clock): Promise<string | undefined> {
  const { tokens, ...rest } = login
  if (tokens?.refresh_token === undefined) {
    slot.write(rest)
    return undefined
  }
  const { server, client, resource } = login
  try {
    const answer = await refreshAuthorization(server.issuer, {
      metadata: server,
      clientInformation: client,
      refreshToken: tokens.refresh_token,
      fetchFn: fetchBriefly,
      ...(resource !== undefined && { resource }),
    })
    // A scope that is not told is the one that was granted (RFC 6749 section 5.1).
    const renewed = { ...(tokens.scope && { scope: tokens.scope }), ...toTokens(answer, clock()) }
    slot.write({ ...login, tokens: renewed })
    return renewed.access_token
  } catch (error) {
    if (!hasEnded(error)) throw error
    slot.write(rest)
    return undefined
  }
}

/** Everything else, such as a server in trouble, is no reason to forget a login. */
function hasEnded(error: unknown): boolean {
  return (
    error instanceof OAuthError && ['invalid_grant', 'invalid_client'].includes(String(error.code))
  )
}

export function needsLogin(url: string): CliError {
  return new CliError(`${url} wants a login.`, { nextStep: `gateway login ${url}` })
}
