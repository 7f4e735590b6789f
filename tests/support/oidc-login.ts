/** A login as whoever calls a provider makes one, and what came of it. */

import type { OidcSettings } from '../../lib/catalogue/providers.ts'
import { randomText } from '../../lib/platform/seal.ts'
import { Secret } from '../../lib/platform/secret.ts'
import { createOidcProvider, type OidcOptions } from '../../oauth-server/login/providers/oidc.ts'
import {
  type Needs,
  ProviderError,
  type RedirectProvider,
  type UpstreamAnswer,
  type UpstreamLogin,
} from '../../oauth-server/login/providers/provider.ts'
import type { OidcUpstream } from './oidc-upstream.ts'
import type { Person } from './person.ts'

export const CALLBACK = 'http://localhost:8642/callback/corp'
export const NOTHING: Needs = { emails: false, organizations: false, teams: false, groups: false }
export const GROUPS: Needs = { ...NOTHING, groups: true }

/** For readings whose tokens nobody wants. */
export const keepNothing = async (): Promise<void> => {}

export function oidcSettings(changes: Partial<OidcSettings> = {}): OidcSettings {
  return {
    kind: 'oidc',
    name: 'corp',
    label: 'Corp',
    issuer: 'http://127.0.0.1:1',
    clientId: 'gateway',
    secretName: 'CORP_SECRET',
    groupsClaim: 'groups',
    loginClaim: 'preferred_username',
    scopes: [],
    trustsEmail: false,
    ...changes,
  }
}

/** @param secret undefined: a public client. */
export function oidcProvider(
  secret: string | undefined,
  changes: Partial<OidcSettings>,
  options: OidcOptions = {},
): RedirectProvider {
  const shared = secret === undefined ? undefined : new Secret(secret)
  return createOidcProvider(oidcSettings(changes), shared, options)
}

export function upstreamLogin(changes: Partial<UpstreamLogin> = {}): UpstreamLogin {
  return {
    state: randomText(),
    codeVerifier: randomText(),
    nonce: randomText(),
    redirectUri: CALLBACK,
    needs: NOTHING,
    loginHint: undefined,
    anew: false,
    ...changes,
  }
}

/** From the first redirect to the answer, through the provider's own pages. */
export async function logInThrough(
  provider: RedirectProvider,
  upstream: Pick<OidcUpstream, 'logIn'>,
  name: string,
  changes: Partial<UpstreamLogin> = {},
  person?: Person,
): Promise<UpstreamAnswer> {
  const login = upstreamLogin(changes)
  const url = await provider.begin(login)
  return await provider.finish(login, await upstream.logIn(url.href, name, person))
}

/** The fault that `work` ends with; whatever else it ends with is none. */
export async function faultOf(work: Promise<unknown>): Promise<ProviderError> {
  const ended: unknown = await work.then(
    () => new Error('nothing went wrong'),
    (error: unknown) => error,
  )
  if (ended instanceof ProviderError) return ended
  throw ended
}
