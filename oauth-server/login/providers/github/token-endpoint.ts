/**
 * GitHub's token endpoint, which tells of errors with status 200. Tokens of OAuth apps do not expire; those
 * of GitHub Apps may, and then come with a token that renews them once.
 */

import type { Clock } from '../../../../lib/platform/clock.ts'
import type { Secret } from '../../../../lib/platform/secret.ts'
import { ProviderError } from '../provider.ts'
import { isListed, toFault } from './faults.ts'
import type { AskGitHub } from './github-fetch.ts'
import type { KeptToken } from './kept-token.ts'

/** The app that the operator registered there. */
export interface GitHubApp {
  /** Of the provider. */
  readonly name: string
  readonly url: string
  readonly clientId: string
  readonly secret: Secret
  readonly clock: Clock
}

export interface GitHubTokens {
  readonly kept: KeptToken
  /** Undefined when it is not known which were granted. */
  readonly scopes: readonly string[] | undefined
}

const TOKEN = /^[\x21-\x7e]{1,1024}$/
const YEAR_SECONDS = 365 * 86_400

/** @param grant what is given for the tokens. @throws ProviderError. */
export async function askForTokens(
  app: GitHubApp,
  ask: AskGitHub,
  grant: Readonly<Record<string, string>>,
): Promise<GitHubTokens> {
  const { name, url, clientId, secret, clock } = app
  const { status, body } = await ask(`${url}/login/oauth/access_token`, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams({ client_id: clientId, client_secret: secret.reveal(), ...grant }),
  })
  const members = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const { error, access_token: token, token_type: type = 'bearer', scope } = members
  // GitHub's own come with status 200; another status tells of trouble on the way.
  if (error !== undefined && (status === 200 || isListed(error))) throw toFault(name, error)
  if (status !== 200 || !isToken(token) || String(type).toLowerCase() !== 'bearer') {
    throw new ProviderError(name, 'unavailable', `token endpoint: no token, status ${status}`)
  }
  const { refresh_token: refreshToken, expires_in: seconds } = members
  const kept = {
    accessToken: token,
    expiresAt: isLifetime(seconds) ? clock() + seconds * 1000 : undefined,
    refreshToken: isToken(refreshToken) ? refreshToken : undefined,
  }
  return { kept, scopes: parseScopes(scope) }
}

function isToken(value: unknown): value is string {
  return typeof value === 'string' && TOKEN.test(value)
}

function isLifetime(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= YEAR_SECONDS
}

/** Undefined for a GitHub App, whose permissions are no scopes: what it may not read is refused there. */
function parseScopes(scope: unknown): readonly string[] | undefined {
  const scopes = typeof scope === 'string' ? scope.split(/[\s,]+/).filter((one) => one !== '') : []
  return scopes.length > 0 ? scopes : undefined
}
