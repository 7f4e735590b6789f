/** What GitHub may say in the address it sends people back with, and in its token answers. */

import { ProviderError, type ProviderFault } from '../provider.ts'

const FAULTS: Readonly<Record<string, ProviderFault>> = {
  access_denied: 'cancelled',
  application_suspended: 'misconfigured',
  redirect_uri_mismatch: 'misconfigured',
  incorrect_client_credentials: 'misconfigured',
  unverified_user_email: 'invalid',
  bad_verification_code: 'invalid',
  bad_refresh_token: 'expired',
}

/** @param error as GitHub names it; anybody may have written it. */
export function toFault(provider: string, error: unknown): ProviderError {
  const [fault, detail]: [ProviderFault | undefined, string] = isListed(error)
    ? [FAULTS[error], error]
    : ['invalid', 'an error that GitHub does not list']
  return new ProviderError(provider, fault ?? 'invalid', detail)
}

export function isListed(error: unknown): error is string {
  return typeof error === 'string' && Object.hasOwn(FAULTS, error)
}
