/**
 * GitHub, in the cloud or an enterprise's own: the web flow of its OAuth apps, with PKCE.
 *
 * Its token endpoint tells of errors with status 200. People are known by their numeric id: a login can
 * change hands. Unless facts have to be read again later the token is forgotten as soon as they are read.
 */

import { hash } from 'node:crypto'
import type { GitHubSettings } from '../../../lib/catalogue/providers.ts'
import { equalInConstantTime } from '../../../lib/platform/constant-time.ts'
import type { Secret } from '../../../lib/platform/secret.ts'
import { readFacts } from './github/github-facts.ts'
import { type AskGitHub, createAskGitHub } from './github/github-fetch.ts'
import {
  type Needs,
  ProviderError,
  type ProviderFault,
  type RedirectProvider,
  type UpstreamLogin,
} from './provider.ts'

export interface GitHubOptions {
  /** For everything that one login, or one reading of facts, asks. */
  readonly deadlineMs?: number
}

const DEADLINE_MS = 10_000
const CODE = /^[\x21-\x7e]{1,1024}$/
const TOKEN = /^[\x21-\x7e]{1,1024}$/

/** What GitHub may say in the address it sends people back with, and in its token answers. */
const FAULTS: Readonly<Record<string, ProviderFault>> = {
  access_denied: 'cancelled',
  application_suspended: 'misconfigured',
  redirect_uri_mismatch: 'misconfigured',
  incorrect_client_credentials: 'misconfigured',
  unverified_user_email: 'invalid',
  bad_verification_code: 'invalid',
}

export function createGitHubProvider(
  settings: GitHubSettings,
  secret: Secret,
  { deadlineMs = DEADLINE_MS }: GitHubOptions = {},
): RedirectProvider {
  const { name, label, issuer, url, apiUrl, clientId } = settings
  const gitHub = { name, url, clientId, secret }
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
      const { token, scopes } = await exchange(gitHub, ask, { login, code })
      const { needs } = login
      try {
        const identity = await readFacts({ provider: name, apiUrl, ask, token, scopes, needs })
        return { identity, token: isReadAgain(needs) ? token : undefined }
      } catch (error) {
        throw orUnavailable(name, error)
      }
    },

    async read(token, needs) {
      const ask = createAskGitHub(name, deadlineMs)
      const facts = { provider: name, apiUrl, ask, token, scopes: undefined, needs }
      return { identity: await readFacts(facts), token }
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

/** @param error as GitHub names it; anybody may have written it. */
function toFault(provider: string, error: unknown): ProviderError {
  const [fault, detail]: [ProviderFault | undefined, string] = isListed(error)
    ? [FAULTS[error], error]
    : ['invalid', 'an error that GitHub does not list']
  return new ProviderError(provider, fault ?? 'invalid', detail)
}

function isListed(error: unknown): error is string {
  return typeof error === 'string' && Object.hasOwn(FAULTS, error)
}

interface GitHub {
  readonly name: string
  readonly url: string
  readonly clientId: string
  readonly secret: Secret
}

async function exchange(
  { name, url, clientId, secret }: GitHub,
  ask: AskGitHub,
  { login, code }: { readonly login: UpstreamLogin; readonly code: string },
): Promise<{ token: string; scopes: readonly string[] | undefined }> {
  const { status, body } = await ask(`${url}/login/oauth/access_token`, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams({
      client_id: clientId,
      client_secret: secret.reveal(),
      code,
      redirect_uri: login.redirectUri,
      code_verifier: login.codeVerifier,
    }),
  })
  const members = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const { error, access_token: token, token_type: type = 'bearer', scope } = members
  // GitHub's own come with status 200; another status tells of trouble on the way.
  if (error !== undefined && (status === 200 || isListed(error))) throw toFault(name, error)
  const isToken =
    typeof token === 'string' && TOKEN.test(token) && String(type).toLowerCase() === 'bearer'
  if (status !== 200 || !isToken) {
    throw new ProviderError(name, 'unavailable', `token endpoint: no token, status ${status}`)
  }
  return { token, scopes: parseScopes(scope) }
}

/** Undefined for a GitHub App, whose permissions are no scopes: what it may not read is refused there. */
function parseScopes(scope: unknown): readonly string[] | undefined {
  const scopes = typeof scope === 'string' ? scope.split(/[\s,]+/).filter((one) => one !== '') : []
  return scopes.length > 0 ? scopes : undefined
}

/** A token that was made a moment ago has not expired: GitHub is not in its right mind. */
function orUnavailable(provider: string, error: unknown): unknown {
  if (!(error instanceof ProviderError) || error.fault !== 'expired') return error
  return new ProviderError(provider, 'unavailable', error.detail)
}
