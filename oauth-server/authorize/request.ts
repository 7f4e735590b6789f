/**
 * What an authorization request asks for, once client and redirect target are known
 * (RFC 6749 section 4.1.1, RFC 7636 section 4.3, RFC 8707 section 2, OpenID Connect Core 3.1.2.1).
 */

import { OAuthError, type OAuthErrorCode } from '../../lib/oauth/error.ts'
import { parseScope } from '../../lib/oauth/scope.ts'
import type { Client } from '../clients/client.ts'
import { type Params, refuseRepeated } from '../http/params.ts'
import type { Ports } from '../ports.ts'
import type { Resources } from '../resources.ts'
import type { Scopes } from '../scopes.ts'
import type { Interaction } from '../store/interactions.ts'
import { findIdTokenSubject } from '../token/id-token.ts'

export type AuthorizationRequest = Omit<
  Interaction,
  'clientId' | 'redirectUri' | 'state' | 'clientRevision' | 'pushedRequestId'
> & {
  /** The client wants an answer without any page. */
  readonly silent: boolean
  /** The client wants the page, whatever is remembered. */
  readonly insistent: boolean
}

/**
 * Choosing an account is logging in: the form asks for the name anew. Other values are ignored, as
 * every unknown parameter is.
 */
export const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const

const NONCE_CHARACTERS_MAX = 512
/** Visible characters: it stands in a form and goes to a provider. */
const LOGIN_HINT = /^[\p{L}\p{N}\p{P}\p{S}]{1,128}$/u

/** @throws OAuthError for the client. */
export async function parseAuthorizationRequest(
  params: Params,
  client: Client,
  ports: Pick<Ports, 'resources' | 'scopes' | 'gateway' | 'keyring'>,
): Promise<AuthorizationRequest> {
  const { resources, scopes } = ports
  refuseRepeated(params)
  checkRequestObject(params)
  checkResponse(params)
  const prompts = parseScope(params.get('prompt'))
  const silent = prompts.includes('none')
  if (silent && prompts.length > 1) throw invalid('prompt none excludes every other')
  const relogin = prompts.includes('login') || prompts.includes('select_account')
  const maxAgeSeconds = parseMaxAge(params.get('max_age'))
  return {
    codeChallenge: parseChallenge(params),
    service: parseResource(params.get('resource'), resources),
    requestedScopes: parseKnownScopes(params.get('scope'), scopes),
    nonce: bounded(params, 'nonce', NONCE_CHARACTERS_MAX),
    maxAgeSeconds: relogin ? 0 : maxAgeSeconds,
    loginHint: parseLoginHint(params.get('login_hint')),
    expectedUserId: await parseIdTokenHint(params.get('id_token_hint'), client, ports),
    silent,
    insistent: relogin || prompts.includes('consent'),
  }
}

/**
 * A request that is signed, or has to be fetched; each has its code (OpenID Connect Core 6.1, 6.2). Pushed
 * ones never come here.
 */
function checkRequestObject(params: Params): void {
  if (params.get('request') !== undefined) throw notSupported('request_not_supported', 'request')
  if (params.get('request_uri') !== undefined) {
    throw notSupported('request_uri_not_supported', 'request_uri')
  }
}

function notSupported(code: OAuthErrorCode, name: string): OAuthError {
  return new OAuthError(
    code,
    `${name} is not supported: send the parameters themselves, or push them to /par`,
  )
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
  if (meaning.kind === 'default') return resources.defaultService
  throw new OAuthError('invalid_target', 'there is no such resource')
}

/** What can never be granted is forgotten at once, so that what is kept of a request has a bound. */
export function parseKnownScopes(
  text: string | undefined,
  { supported }: Scopes,
): readonly string[] {
  return parseScope(text).filter((scope) => supported.includes(scope))
}

/** A name or an address to begin with; what cannot be one is left out. */
function parseLoginHint(text: string | undefined): string | undefined {
  return text !== undefined && LOGIN_HINT.test(text) ? text : undefined
}

/**
 * Whoever sends it must not be answered about somebody else, so one that says nothing is refused, not left
 * out. As `prompt` and `max_age` it counts without the scope `openid` too, where nothing is specified.
 */
async function parseIdTokenHint(
  text: string | undefined,
  client: Client,
  ports: Pick<Ports, 'gateway' | 'keyring'>,
): Promise<string | undefined> {
  if (text === undefined) return undefined
  const userId = await findIdTokenSubject(ports, text, client.id)
  if (userId !== undefined) return userId
  throw invalid(
    'id_token_hint is no ID token of this server for this client, or its key is gone: leave it out',
  )
}

function parseMaxAge(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[0-9]{1,9}$/.test(text)) return Number(text)
  throw invalid('max_age must be a number of seconds')
}

function bounded(params: Params, name: string, charactersMax: number): string | undefined {
  const text = params.get(name)
  if (text === undefined || text.length <= charactersMax) return text
  throw invalid(`${name} is longer than ${charactersMax} characters`)
}

function invalid(description: string): OAuthError {
  return new OAuthError('invalid_request', description)
}
