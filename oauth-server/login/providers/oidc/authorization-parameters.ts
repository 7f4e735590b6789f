/** What a browser takes to a provider: the parameters of one login (OpenID Connect Core 3.1.2.1). */

import { calculatePKCECodeChallenge, type ServerMetadata } from 'openid-client'
import type { OidcSettings } from '../../../../lib/catalogue/providers.ts'
import { OFFLINE_ACCESS } from '../../../../lib/oauth/scope.ts'
import type { UpstreamLogin } from '../provider.ts'

const LOGIN_HINT_CHARACTERS_MAX = 256
const GOOGLE = 'https://accounts.google.com'
const MICROSOFT = 'https://login.microsoftonline.com/'

type Described = Pick<ServerMetadata, 'issuer' | 'scopes_supported'> & {
  readonly prompt_values_supported?: unknown
}

export async function toAuthorizationParameters(
  { scopes }: Pick<OidcSettings, 'scopes'>,
  metadata: Described,
  login: UpstreamLogin,
): Promise<Record<string, string>> {
  const { loginHint = '', anew } = login
  const isOffline = login.needs.groups && metadata.scopes_supported?.includes(OFFLINE_ACCESS)
  const isGoogleOffline = login.needs.groups && metadata.issuer === GOOGLE
  const prompts = [
    ...(anew ? promptsAnew(metadata) : []),
    // Without it a provider by the book gives nothing to read facts with later (section 11).
    ...(isOffline || isGoogleOffline ? promptsOffline(metadata) : []),
  ]
  const wanted = ['openid', 'profile', 'email', ...scopes, ...(isOffline ? [OFFLINE_ACCESS] : [])]
  return {
    redirect_uri: login.redirectUri,
    scope: [...new Set(wanted)].join(' '),
    state: login.state,
    nonce: login.nonce,
    code_challenge: await calculatePKCECodeChallenge(login.codeVerifier),
    code_challenge_method: 'S256',
    ...(prompts.length > 0 ? { prompt: prompts.join(' ') } : {}),
    ...(anew ? { max_age: '0' } : {}),
    ...(isGoogleOffline ? { access_type: 'offline' } : {}),
    ...(isHint(loginHint) ? { login_hint: loginHint } : {}),
  }
}

function isHint(hint: string): boolean {
  return hint !== '' && hint.length <= LOGIN_HINT_CHARACTERS_MAX
}

/** Google refuses `login`; others tell what they take. */
function promptsAnew({ issuer, prompt_values_supported: known }: Described): string[] {
  const takes = (prompt: string): boolean =>
    issuer === GOOGLE ? prompt !== 'login' : !Array.isArray(known) || known.includes(prompt)
  return ['login', 'select_account'].filter(takes).slice(0, 1)
}

/** At Microsoft it would ask for what only an administrator may give, also where one has given it. */
function promptsOffline({ issuer }: Described): string[] {
  return issuer.startsWith(MICROSOFT) ? [] : ['consent']
}
