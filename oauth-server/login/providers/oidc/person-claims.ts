/** What a provider claims about a person: in the ID token, and in the user information where that may tell more. */

import { type Configuration, fetchUserInfo, WWWAuthenticateChallengeError } from 'openid-client'
import type { OidcSettings } from '../../../../lib/catalogue/providers.ts'
import { type Needs, ProviderError, type ProviderFault } from '../provider.ts'
import { type Exchange, invalid, type Tokens } from './exchange.ts'
import { type Claims, isIncomplete } from './identity.ts'

export interface Gathering {
  readonly subject: string
  readonly idToken: Claims | undefined
  /** What it means when the access token is refused. */
  readonly refused: ProviderFault
}

/** The most trustworthy first. */
export async function gather(
  { settings }: Exchange,
  configuration: Configuration,
  tokens: Tokens,
  needs: Needs,
  { subject, idToken, refused }: Gathering,
): Promise<Claims[]> {
  const known = idToken === undefined ? [] : [idToken]
  const isAsked = idToken === undefined || isIncomplete(settings, needs, idToken)
  const { userinfo_endpoint: endpoint } = configuration.serverMetadata()
  if (!isAsked || endpoint === undefined) return known
  return [
    ...known,
    await askUserInfo(settings, configuration, tokens.access_token, subject, refused),
  ]
}

export async function askUserInfo(
  { name }: OidcSettings,
  configuration: Configuration,
  accessToken: string,
  subject: string,
  refused: ProviderFault,
): Promise<Claims> {
  try {
    return await fetchUserInfo(configuration, accessToken, subject)
  } catch (error) {
    if (!isRefusal(error)) throw error
    throw new ProviderError(name, refused, 'its user information refused the access token')
  }
}

/** 401, with a challenge or without one. */
function isRefusal(error: unknown): boolean {
  if (error instanceof WWWAuthenticateChallengeError) return error.status === 401
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Response && cause.status === 401
}

/** Verified by the library; that it was made for us alone is checked here (Core 3.1.3.7, step 5). */
export function claimsOf(settings: OidcSettings, tokens: Tokens): Claims | undefined {
  const claims = tokens.claims()
  if (claims?.azp !== undefined && claims.azp !== settings.clientId) {
    throw invalid(settings, 'its ID token was made for another client')
  }
  return claims
}
