/**
 * What goes wrong with a provider, in the words of this server. Errors of the library carry answers,
 * tokens and claims: only its own fixed sentences and registered error codes are taken from them.
 */

import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import { ProviderError, type ProviderFault } from '../provider.ts'

type Faults = Readonly<Record<string, ProviderFault>>

/** RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6. */
const OF_AUTHORIZATION: Faults = {
  access_denied: 'cancelled',
  invalid_request: 'misconfigured',
  invalid_client: 'misconfigured',
  invalid_scope: 'misconfigured',
  unauthorized_client: 'misconfigured',
  unsupported_response_type: 'misconfigured',
}

/** RFC 6749 section 5.2, and what large providers say beside it. */
const OF_TOKEN: Faults = {
  invalid_request: 'misconfigured',
  invalid_client: 'misconfigured',
  invalid_scope: 'misconfigured',
  unauthorized_client: 'misconfigured',
  unsupported_grant_type: 'misconfigured',
  redirect_uri_mismatch: 'misconfigured',
  deleted_client: 'misconfigured',
}

/** A grant that is over, or that wants the person back. */
const OVER = ['invalid_grant', 'interaction_required', 'login_required', 'consent_required']

/** By code of the library: an answer that is wrong, beside those that are no answer. */
const OF_LIBRARY: Faults = {
  OAUTH_INVALID_RESPONSE: 'invalid',
  OAUTH_JWT_CLAIM_COMPARISON_FAILED: 'invalid',
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED: 'invalid',
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: 'invalid',
  OAUTH_KEY_SELECTION_FAILED: 'invalid',
  OAUTH_UNSUPPORTED_OPERATION: 'invalid',
  OAUTH_MISSING_SERVER_METADATA: 'misconfigured',
  OAUTH_INVALID_SERVER_METADATA: 'misconfigured',
  OAUTH_HTTP_REQUEST_FORBIDDEN: 'misconfigured',
  OAUTH_REQUEST_PROTOCOL_FORBIDDEN: 'misconfigured',
}

/** @param over what a grant that is of no use means: a bad code at login, a dead token later. */
export function toProviderError(
  provider: string,
  error: unknown,
  over: 'invalid' | 'expired',
): ProviderError {
  const fault = (kind: ProviderFault, detail: string): ProviderError =>
    new ProviderError(provider, kind, detail)
  if (error instanceof ProviderError) return error
  if (error instanceof AuthorizationResponseError) {
    const kind = lookUp(OF_AUTHORIZATION, error.error) ?? 'unavailable'
    return fault(kind, `it answered the login with ${toCode(error.error)}`)
  }
  if (error instanceof ResponseBodyError) {
    const kind = OVER.includes(error.error)
      ? over
      : (lookUp(OF_TOKEN, error.error) ?? 'unavailable')
    return fault(kind, `its token endpoint answered ${describeBody(error)}`)
  }
  if (error instanceof WWWAuthenticateChallengeError) {
    return fault('misconfigured', `its token endpoint answered ${error.status}`)
  }
  if (error instanceof Error) return fromLibrary(error, fault)
  return fault('unavailable', 'it does not answer as OpenID Connect asks')
}

type ToFault = (kind: ProviderFault, detail: string) => ProviderError

function fromLibrary(error: Error & { code?: unknown }, fault: ToFault): ProviderError {
  const { name, code, cause } = error
  // What our own fetch threw comes wrapped.
  if (cause instanceof ProviderError) return cause
  if (cause instanceof Response) return fault('unavailable', `it answered ${cause.status}`)
  const kind = lookUp(OF_LIBRARY, String(code))
  if (kind !== undefined) return fault(kind, sentenceOf(error))
  return fault('unavailable', `it does not answer as OpenID Connect asks (${code ?? name})`)
}

/** The inner one says more. */
function sentenceOf({ message, cause }: Error): string {
  return cause instanceof Error ? cause.message : message
}

/** Keys or algorithms that were read earlier may have been replaced since. */
export function isSignatureFault(error: unknown): boolean {
  if (!(error instanceof ClientError)) return false
  return (
    error.code === 'OAUTH_KEY_SELECTION_FAILED' || SIGNATURE_SENTENCES.includes(sentenceOf(error))
  )
}

const SIGNATURE_SENTENCES = [
  'JWT signature verification failed',
  'unexpected JWT "alg" header parameter',
]

/** Microsoft's own number tells an operator more than the code. */
function describeBody({ error, error_description, status }: ResponseBodyError): string {
  const [number] = /\bAADSTS\d{4,8}\b/.exec(error_description ?? '') ?? []
  return [status, toCode(error), number].filter((part) => part !== undefined).join(' ')
}

/** Anybody may have written the code. */
function lookUp(faults: Faults, code: string): ProviderFault | undefined {
  return Object.hasOwn(faults, code) ? faults[code] : undefined
}

/** A code, or nothing that somebody may have smuggled into its place. */
function toCode(error: string): string {
  return /^[a-z_]{1,40}$/.test(error) ? error : 'an unknown error'
}
