/**
 * Facts that are read again later: with the access token while it lives, else with a refresh, whose new
 * tokens are kept before anything else is asked.
 */

import { refreshTokenGrant } from 'openid-client'
import { type KeepToken, type Needs, ProviderError, type UpstreamAnswer } from '../provider.ts'
import { type Exchange, expired, invalid, type Tokens, withFreshKeys } from './exchange.ts'
import { type Claims, tellsGroups, toIdentity } from './identity.ts'
import { type KeptToken, readKeptToken, writeKeptToken } from './kept-token.ts'
import { askUserInfo, claimsOf, gather } from './person-claims.ts'

/** An access token that ends on its way is of no use. */
const MARGIN_MS = 30_000
const LIFETIME_UNTOLD_SECONDS = 60
const KEPT_CHARACTERS_MAX = 65_536

export interface Reading {
  /** What was kept at the last login or reading. */
  readonly token: string
  readonly needs: Needs
  readonly keep: KeepToken
}

export async function readAgain(exchange: Exchange, reading: Reading): Promise<UpstreamAnswer> {
  const { settings, clock } = exchange
  const { token, needs } = reading
  const kept = readKeptToken(token)
  if (kept === undefined) throw expired(settings, 'the token that was kept cannot be read')
  const isAlive = clock() < kept.expiresAt - MARGIN_MS
  if (isAlive && !kept.isInIdToken) {
    const sources = await askWhileAlive(exchange, kept)
    if (sources !== undefined) return { identity: toIdentity(settings, needs, sources), token }
  }
  return await refresh(exchange, kept, reading)
}

/** Undefined: it is refused, and a refresh may help. */
async function askWhileAlive(exchange: Exchange, kept: KeptToken): Promise<Claims[] | undefined> {
  const { settings, discovery, ask } = exchange
  const configuration = await discovery.configure(ask)
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return undefined
  try {
    const { accessToken, subject } = kept
    return [await askUserInfo(settings, configuration, accessToken, subject, 'expired')]
  } catch (error) {
    const isRefused = error instanceof ProviderError && error.fault === 'expired'
    if (isRefused && kept.refreshToken !== undefined) return undefined
    throw error
  }
}

async function refresh(
  exchange: Exchange,
  kept: KeptToken,
  { needs, keep }: Reading,
): Promise<UpstreamAnswer> {
  const { settings } = exchange
  const { refreshToken, subject } = kept
  if (refreshToken === undefined) throw expired(settings, 'it gave no refresh token')
  const { configuration, tokens } = await withFreshKeys(exchange, (using) =>
    refreshTokenGrant(using, refreshToken),
  )
  const idToken = claimsOf(settings, tokens)
  if (idToken !== undefined && idToken['sub'] !== subject) {
    throw invalid(settings, 'a refresh told of somebody else')
  }
  if (idToken === undefined && kept.isInIdToken) {
    throw expired(settings, 'it tells groups at a login alone')
  }
  const token = toKeptToken(exchange, tokens, { subject, idToken, refreshToken })
  await keep(token)
  const sources = await gather(exchange, configuration, tokens, needs, {
    subject,
    idToken,
    refused: 'expired',
  })
  return { identity: toIdentity(settings, needs, sources), token }
}

interface Keeping {
  readonly subject: string
  readonly idToken: Claims | undefined
  /** The one of before: not every provider gives a new one. */
  readonly refreshToken?: string
}

/** @throws ProviderError for what is too long. */
export function toKeptToken(
  { settings, clock }: Exchange,
  { access_token, refresh_token, expires_in = LIFETIME_UNTOLD_SECONDS }: Tokens,
  { subject, idToken, refreshToken }: Keeping,
): string {
  const text = writeKeptToken({
    subject,
    accessToken: access_token,
    expiresAt: clock() + expires_in * 1000,
    refreshToken: refresh_token ?? refreshToken,
    isInIdToken: idToken !== undefined && tellsGroups(settings, idToken),
  })
  if (text.length <= KEPT_CHARACTERS_MAX) return text
  throw new ProviderError(settings.name, 'unavailable', 'its tokens are too long to be kept')
}
