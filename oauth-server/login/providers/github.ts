/**
 * GitHub, in the cloud or an enterprise's own: the web flow of its OAuth apps and GitHub Apps, with PKCE.
 *
 * People are known by their numeric id: a login can change hands. Unless facts have to be read again later
 * the token is forgotten as soon as they are read.
 */

import { hash } from 'node:crypto'
import type { GitHubSettings } from '../../../lib/catalogue/providers.ts'
import { type Clock, systemClock } from '../../../lib/platform/clock.ts'
import { equalInConstantTime } from '../../../lib/platform/constant-time.ts'
import type { Secret } from '../../../lib/platform/secret.ts'
import { toFault } from './github/faults.ts'
import { type FactsRequest, readFacts } from './github/github-facts.ts'
import { type AskGitHub, createAskGitHub } from './github/github-fetch.ts'
import { type KeptToken, readKeptToken, writeKeptToken } from './github/kept-token.ts'
import { askForTokens, type GitHubApp } from './github/token-endpoint.ts'
import { type Needs, ProviderError, type RedirectProvider, type UpstreamLogin } from './provider.ts'

export interface GitHubOptions {
  readonly clock?: Clock
  /** For everything that one login, or one reading of facts, asks. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000
/** An access token that ends on its way is of no use. */
const MARGIN_MS = 30_000
const CODE = /^[\x21-\x7e]{1,1024}$/

export function createGitHubProvider(
  settings: GitHubSettings,
  secret: Secret,
  { clock = systemClock, deadlineMs = DEADLINE_MS }: GitHubOptions = {},
): RedirectProvider {
  const { name, label, issuer, url, apiUrl, clientId } = settings
  const app = { name, url, clientId, secret, clock }
  const readWith = (request: Omit<FactsRequest, 'provider' | 'apiUrl'>) =>
    readFacts({ provider: name, apiUrl, ...request })
  return {
    kind: 'redirect',
    name,
    label,
    issuer,

    async begin(login) {
      const target = new URL(`${url}/login/oauth/authorize`)
      target.search = new URLSearchParams({
        client_id: clientId,
        redirect_uri: login.redirectUri,
        scope: scopesFor(login.needs).join(' '),
        state: login.state,
        code_challenge: hash('sha256', login.codeVerifier, 'base64url'),
        code_challenge_method: 'S256',
        allow_signup: 'false',
        ...(login.loginHint === undefined ? {} : { login: login.loginHint }),
        ...(login.anew ? { prompt: 'select_account' } : {}),
      }).toString()
      return target
    },

    async finish(login, callback) {
      const ask = createAskGitHub(name, deadlineMs)
      const code = readCallback(name, login, callback.searchParams)
      const { kept, scopes } = await askForTokens(app, ask, {
        code,
        redirect_uri: login.redirectUri,
        code_verifier: login.codeVerifier,
      })
      const { needs } = login
      const { accessToken: token } = kept
      const identity = await readWith({ ask, token, isNew: true, scopes, needs })
      return { identity, token: isReadAgain(needs) ? writeKeptToken(kept) : undefined }
    },

    async read(token, needs, keep) {
      const ask = createAskGitHub(name, deadlineMs)
      const read = ({ accessToken }: KeptToken) =>
        readWith({ ask, token: accessToken, isNew: false, scopes: undefined, needs })
      const kept = readKeptToken(token)
      const identity = await whileAlive(app, kept, () => read(kept))
      if (identity !== undefined) return { identity, token }
      const renewed = await renew(app, ask, kept)
      await keep(writeKeptToken(renewed))
      return { identity: await read(renewed), token: writeKeptToken(renewed) }
    },
  }
}

function scopesFor({ emails, organizations, teams }: Needs): string[] {
  return [
    'read:user',
    ...(emails ? ['user:email'] : []),
    ...(organizations || teams ? ['read:org'] : []),
  ]
}

function isReadAgain({ organizations, teams }: Needs): boolean {
  return organizations || teams
}

/** The code. The caller has compared the state already: this costs nothing and cannot be forgotten. */
function readCallback(provider: string, login: UpstreamLogin, params: URLSearchParams): string {
  const [state, ...otherStates] = params.getAll('state')
  if (state === undefined || otherStates.length > 0 || !equalInConstantTime(state, login.state)) {
    throw new ProviderError(provider, 'invalid', 'the state is not that of this login')
  }
  const [error, ...otherErrors] = params.getAll('error')
  if (error !== undefined) throw toFault(provider, otherErrors.length > 0 ? '' : error)
  const [code, ...otherCodes] = params.getAll('code')
  if (code === undefined || otherCodes.length > 0 || !CODE.test(code)) {
    throw new ProviderError(provider, 'invalid', 'there is not one code in the answer')
  }
  return code
}

/** Undefined: the token is of no use any more, and there is one that renews it. */
async function whileAlive<Facts>(
  { clock }: GitHubApp,
  { expiresAt = Number.POSITIVE_INFINITY, refreshToken }: KeptToken,
  read: () => Promise<Facts>,
): Promise<Facts | undefined> {
  if (refreshToken === undefined) return await read()
  if (expiresAt - MARGIN_MS < clock()) return undefined
  try {
    return await read()
  } catch (error) {
    if (error instanceof ProviderError && error.fault === 'expired') return undefined
    throw error
  }
}

async function renew(
  app: GitHubApp,
  ask: AskGitHub,
  { refreshToken = '' }: KeptToken,
): Promise<KeptToken> {
  const grant = { grant_type: 'refresh_token', refresh_token: refreshToken }
  return (await askForTokens(app, ask, grant)).kept
}
