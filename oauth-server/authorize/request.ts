/**
 * What an authorization request asks for, once client and redirect target are known
 * (RFC 6749 section 4.1.1, RFC 7636 section 4.3, RFC 8707 section 2, OpenID Connect Core 3.1.2.1).
 */

import { OAuthError, type OAuthErrorCode } from '../../lib/oauth/error.ts'
import { parseScope } from '../../lib/oauth/scope.ts'
import type { Params } from '../http/params.ts'
import type { Resources } from '../resources.ts'
import type { Interaction } from '../store/interactions.ts'

export type AuthorizationRequest = Omit<Interaction, 'clientId' | 'redirectUri' | 'state'> & {
  /** The client wants an answer without any page. */
  readonly silent: boolean
}

export const SCOPE_CHARACTERS_MAX = 2048
const NONCE_CHARACTERS_MAX = 512

/** @throws OAuthError for the client. */
export function parseAuthorizationRequest(
  params: Params,
  resources: Resources,
): AuthorizationRequest {
  checkRepeated(params)
  checkResponse(params)
  const prompts = parseScope(params.get('prompt'))
  const silent = prompts.includes('none')
  if (silent && prompts.length > 1) throw invalid('prompt none excludes every other')
  return {
    codeChallenge: parseChallenge(params),
    service: parseResource(params.get('resource'), resources),
    requestedScopes: parseScope(bounded(params, 'scope', SCOPE_CHARACTERS_MAX)),
    nonce: bounded(params, 'nonce', NONCE_CHARACTERS_MAX),
    maxAgeSeconds: prompts.includes('login') ? 0 : parseMaxAge(params.get('max_age')),
    silent,
  }
}

function checkRepeated({ repeated }: Params): void {
  const [name] = repeated
  if (name === undefined) return
  const code: OAuthErrorCode = repeated.includes('resource') ? 'invalid_target' : 'invalid_request'
  throw new OAuthError(code, 'a parameter is repeated', { detail: name })
}

function checkResponse(params: Params): void {
  const type = params.get('response_type')
  if (type === undefined) throw invalid('response_type is missing')
  if (type !== 'code') {
    throw new OAuthError('unsupported_response_type', 'response_type must be code')
  }
  if ((params.get('response_mode') ?? 'query') !== 'query') {
    throw invalid('response_mode must be query')
  }
}

/** Asked of every client: without PKCE a stolen code is enough (RFC 9700 section 2.1.1). */
function parseChallenge(params: Params): string {
  const challenge = params.get('code_challenge')
  if (challenge === undefined) throw invalid('code_challenge is missing: PKCE is required')
  // Absent means `plain` (RFC 7636 section 4.3), which is not supported.
  if (params.get('code_challenge_method') !== 'S256') {
    throw invalid('code_challenge_method must be S256')
  }
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw invalid('code_challenge is not a base64url SHA-256 digest')
  }
  return challenge
}

/** The service that is meant; undefined leaves the choice. @throws OAuthError `invalid_target`. */
export function parseResource(text: string | undefined, resources: Resources): string | undefined {
  const meaning = resources.resolve(text)
  if (meaning.kind === 'service') return meaning.service
  if (meaning.kind === 'default') return undefined
  throw new OAuthError('invalid_target', 'there is no such resource')
}

function parseMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[0-9]{1,9}$/.test(text)) return Number(text)
  throw invalid('max_age must be a number of seconds')
}

export function bounded(params: Params, name: string, charactersMax: number): string | undefined {
  const text = params.get(name)
  if (text === undefined || text.length <= charactersMax) return text
  throw invalid(`${name} is longer than ${charactersMax} characters`)
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_request', description)
}
