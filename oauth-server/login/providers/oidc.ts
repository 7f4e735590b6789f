/**
 * Any OpenID Connect provider, found by its issuer: code flow with PKCE, state and nonce; ID tokens
 * verified by the keys it publishes; what an ID token does not tell is asked of the user information.
 */

import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
  type Configuration,
  type CustomFetch,
  fetchUserInfo,
  refreshTokenGrant,
  type TokenEndpointResponse,
  type TokenEndpointResponseHelpers,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import type { OidcSettings } from '../../../lib/catalogue/providers.ts'
import { type Clock, systemClock, toSeconds } from '../../../lib/platform/clock.ts'
import type { Secret } from '../../../lib/platform/secret.ts'
import { toAuthorizationParameters } from './oidc/authorization-parameters.ts'
import { createBoundedFetch, postOnce, requireSafeUrl } from './oidc/bounded-fetch.ts'
import { createDiscovery, type Discovery } from './oidc/discovery.ts'
import { isSignatureFault, toProviderError } from './oidc/faults.ts'
import { type Claims, isIncomplete, tellsGroups, toIdentity } from './oidc/identity.ts'
import { type KeptToken, readKeptToken, writeKeptToken } from './oidc/kept-token.ts'
import {
  type Identity,
  type Needs,
  ProviderError,
  type ProviderFault,
  type RedirectProvider,
  type UpstreamAnswer,
  type UpstreamLogin,
} from './provider.ts'

export interface OidcOptions {
  readonly clock?: Clock
  /** For everything that one login, or one reading of facts, asks. */
  readonly deadlineMs?: number
}

type Tokens = TokenEndpointResponse & TokenEndpointResponseHelpers

/** What the parts of one login or one reading share. */
interface Exchange {
  readonly settings: OidcSettings
  readonly discovery: Discovery
  readonly ask: CustomFetch
  readonly clock: Clock
}

const DEADLINE_MS = 10_000
/** An access token that ends on its way is of no use. */
const MARGIN_MS = 30_000
const LIFETIME_UNTOLD_SECONDS = 60
const KEPT_CHARACTERS_MAX = 65_536
/** How long a person may take from the proof of who they are to our callback, clocks included. */
const ANEW_SECONDS_MAX = 660

export function createOidcProvider(
  settings: OidcSettings,
  secret: Secret | undefined,
  { clock = systemClock, deadlineMs = DEADLINE_MS }: OidcOptions = {},
): RedirectProvider {
  const { name, label, issuer } = settings
  const discovery = createDiscovery(settings, secret, { clock, deadlineMs })
  async function run<T>(
    over: 'invalid' | 'expired',
    work: (exchange: Exchange) => Promise<T>,
  ): Promise<T> {
    const ask = createBoundedFetch(name, AbortSignal.timeout(deadlineMs))
    try {
      return await work({ settings, discovery, ask, clock })
    } catch (error) {
      // Without its cause, which may hold tokens.
      throw toProviderError(name, error, over)
    }
  }
  return {
    kind: 'redirect',
    name,
    label,
    issuer,
    begin: (login) => run('invalid', (exchange) => begin(exchange, login)),
    finish: (login, callback) => run('invalid', (exchange) => finish(exchange, login, callback)),
    read: (token, needs) => run('expired', (exchange) => readAgain(exchange, token, needs)),
  }
}

async function begin({ settings, discovery, ask }: Exchange, login: UpstreamLogin): Promise<URL> {
  const configuration = await discovery.configure(ask)
  const metadata = configuration.serverMetadata()
  const parameters = await toAuthorizationParameters(settings, metadata, login)
  const url =
    metadata.require_pushed_authorization_requests === true
      ? await buildAuthorizationUrlWithPAR(configuration, parameters)
      : buildAuthorizationUrl(configuration, parameters)
  requireSafeUrl(settings.name, url)
  return url
}

async function finish(
  exchange: Exchange,
  login: UpstreamLogin,
  callback: URL,
): Promise<UpstreamAnswer> {
  const { settings, clock } = exchange
  const back = new URL(login.redirectUri)
  back.search = callback.search
  if (back.searchParams.get('iss') === '') throw invalid(settings, 'an empty iss came back')
  const { configuration, tokens } = await withFreshKeys(exchange, (using) =>
    authorizationCodeGrant(using, back, {
      expectedState: login.state,
      expectedNonce: login.nonce,
      pkceCodeVerifier: login.codeVerifier,
      idTokenExpected: true,
    }),
  )
  const idToken = claimsOf(settings, tokens)
  if (idToken === undefined) throw invalid(settings, 'it sent no ID token')
  const authenticatedAt = readAuthenticationTime(settings, idToken, login, clock)
  const sources = await gather(exchange, configuration, tokens, login.needs, {
    subject: idToken['sub'] as string,
    idToken,
    refused: 'unavailable',
  })
  const identity = toIdentity(settings, login.needs, sources)
  return {
    identity,
    authenticatedAt,
    ...(login.needs.groups ? { token: keep(exchange, identity, tokens, idToken) } : {}),
  }
}

async function readAgain(exchange: Exchange, text: string, needs: Needs): Promise<UpstreamAnswer> {
  const { settings, clock } = exchange
  const kept = readKeptToken(text)
  if (kept === undefined) throw expired(settings, 'the token that was kept cannot be read')
  const isAlive = clock() < kept.expiresAt - MARGIN_MS
  if (isAlive && !kept.isInIdToken) {
    const sources = await askWhileAlive(exchange, kept)
    if (sources !== undefined) {
      return { identity: toIdentity(settings, needs, sources), token: text }
    }
  }
  return await refresh(exchange, kept, needs)
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

async function refresh(exchange: Exchange, kept: KeptToken, needs: Needs): Promise<UpstreamAnswer> {
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
  const refused = 'expired'
  const sources = await gather(exchange, configuration, tokens, needs, {
    subject,
    idToken,
    refused,
  })
  const identity = toIdentity(settings, needs, sources)
  return { identity, token: keep(exchange, identity, tokens, idToken, refreshToken) }
}

/**
 * Keys and algorithms may have changed since they were read: an answer that does not verify is checked
 * once more with those of now. Nothing is sent twice.
 */
async function withFreshKeys(
  { discovery, ask }: Exchange,
  grant: (configuration: Configuration) => Promise<Tokens>,
): Promise<{ readonly configuration: Configuration; readonly tokens: Tokens }> {
  const once = postOnce(ask)
  const attempt = async () => {
    const configuration = await discovery.configure(once)
    const tokens = await grant(configuration)
    discovery.keepKeys(configuration)
    return { configuration, tokens }
  }
  try {
    return await attempt()
  } catch (error) {
    if (!isSignatureFault(error)) throw error
    discovery.forget()
    return await attempt()
  }
}

interface Gathering {
  readonly subject: string
  readonly idToken: Claims | undefined
  /** What it means when the access token is refused. */
  readonly refused: ProviderFault
}

/** The claims of the ID token, and those of the user information where they may tell more. */
async function gather(
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

async function askUserInfo(
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
function claimsOf(settings: OidcSettings, tokens: Tokens): Claims | undefined {
  const claims = tokens.claims()
  if (claims?.azp !== undefined && claims.azp !== settings.clientId) {
    throw invalid(settings, 'its ID token was made for another client')
  }
  return claims
}

/** Whoever had to prove anew who they are has done so during this login, where the provider tells. */
function readAuthenticationTime(
  settings: OidcSettings,
  { auth_time: time }: Claims,
  { anew }: UpstreamLogin,
  clock: Clock,
): number | undefined {
  if (typeof time !== 'number') return undefined
  const now = toSeconds(clock())
  if (anew && time < now - ANEW_SECONDS_MAX) {
    throw invalid(settings, 'it did not ask the person anew')
  }
  return Math.min(Math.floor(time), now)
}

function keep(
  { settings, clock }: Exchange,
  { providerId }: Identity,
  { access_token, refresh_token, expires_in = LIFETIME_UNTOLD_SECONDS }: Tokens,
  idToken: Claims | undefined,
  refreshToken?: string,
): string {
  const text = writeKeptToken({
    subject: providerId,
    accessToken: access_token,
    expiresAt: clock() + expires_in * 1000,
    refreshToken: refresh_token ?? refreshToken,
    isInIdToken: idToken !== undefined && tellsGroups(settings, idToken),
  })
  if (text.length <= KEPT_CHARACTERS_MAX) return text
  throw new ProviderError(settings.name, 'unavailable', 'its tokens are too long to be kept')
}

function invalid({ name }: OidcSettings, detail: string): ProviderError {
  return new ProviderError(name, 'invalid', detail)
}

function expired({ name }: OidcSettings, detail: string): ProviderError {
  return new ProviderError(name, 'expired', detail)
}
