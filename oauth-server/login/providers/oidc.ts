/**
 * Any OpenID Connect provider, found by its issuer: code flow with PKCE, state and nonce; ID tokens
 * verified by the keys it publishes; what an ID token does not tell is asked of the user information.
 */

import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  buildAuthorizationUrlWithPAR,
} from 'openid-client'
import type { OidcSettings } from '../../../lib/catalogue/providers.ts'
import { type Clock, systemClock, toSeconds } from '../../../lib/platform/clock.ts'
import type { Secret } from '../../../lib/platform/secret.ts'
import { toAuthorizationParameters } from './oidc/authorization-parameters.ts'
import { createBoundedFetch, requireSafeUrl } from './oidc/bounded-fetch.ts'
import { createDiscovery } from './oidc/discovery.ts'
import { type Exchange, invalid, withFreshKeys } from './oidc/exchange.ts'
import { toProviderError } from './oidc/faults.ts'
import { type Claims, toIdentity } from './oidc/identity.ts'
import { claimsOf, gather } from './oidc/person-claims.ts'
import { readAgain, toKeptToken } from './oidc/read-again.ts'
import type { RedirectProvider, UpstreamAnswer, UpstreamLogin } from './provider.ts'

export interface OidcOptions {
  readonly clock?: Clock
  /** For everything that one login, or one reading of facts, asks. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000
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
    read: (token, needs, keep) =>
      run('expired', (exchange) => readAgain(exchange, { token, needs, keep })),
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
  const subject = idToken['sub'] as string
  const sources = await gather(exchange, configuration, tokens, login.needs, {
    subject,
    idToken,
    refused: 'unavailable',
  })
  const identity = toIdentity(settings, login.needs, sources)
  return {
    identity,
    authenticatedAt,
    ...(login.needs.groups ? { token: toKeptToken(exchange, tokens, { subject, idToken }) } : {}),
  }
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
  return Math.min(Math.max(Math.floor(time), 0), now)
}
