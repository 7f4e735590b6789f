/** The `WWW-Authenticate: Bearer` challenge (RFC 6750 section 3, RFC 9728 section 5.1). */

import type { OAuthErrorCode } from './error.ts'
import { toErrorDescription } from './error.ts'

export interface Challenge {
  /** URL of the protected-resource metadata; undefined for what has none. */
  readonly resourceMetadata?: string | undefined
  /** What a token needs here, space-separated. */
  readonly scope: string
  /** Only when a token was sent: RFC 6750 section 3 forbids an error without credentials. */
  readonly error?: { readonly code: OAuthErrorCode; readonly description: string } | undefined
}

/** Real clients read quoted values only, and take the first `Bearer` challenge. */
export function formatChallenge({ resourceMetadata, scope, error }: Challenge): string {
  const parameters = [
    ...(resourceMetadata === undefined ? [] : [`resource_metadata="${resourceMetadata}"`]),
    `scope="${scope}"`,
    ...(error === undefined
      ? []
      : [`error="${error.code}"`, `error_description="${toErrorDescription(error.description)}"`]),
  ]
  return `Bearer ${parameters.join(', ')}`
}
