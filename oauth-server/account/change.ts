/** What a form of the account page asks for. Nothing is done here. */

import { OAuthError } from '../../lib/oauth/error.ts'
import type { Params } from '../http/params.ts'
import type { Notice } from './notice.ts'

export type Change =
  | { readonly kind: 'revoke'; readonly grantId: string }
  | { readonly kind: 'revoke-all' }
  | ({ readonly kind: 'enter-secret'; readonly value: string } & NamedSecret)
  | ({ readonly kind: 'delete-secret' } & NamedSecret)
  /** The person has to write something else. */
  | { readonly kind: 'none'; readonly notice: Notice }

export interface NamedSecret {
  readonly service: string
  readonly name: string
}

const SECRET_BYTES_MAX = 8192

/** @throws OAuthError for what no form of ours sends. */
export function parseChange(params: Params): Change {
  const kind = params.get('change')
  switch (kind) {
    case 'revoke':
      return { kind, grantId: params.get('grant') ?? '' }
    case 'revoke-all':
      return { kind }
    case 'enter-secret':
      return enterSecret(params)
    case 'delete-secret':
      return { kind, ...toName(params) }
    default:
      throw new OAuthError('invalid_request', 'The form does not say what is to be changed.')
  }
}

function toName(params: Params): NamedSecret {
  return { service: params.get('service') ?? '', name: params.get('name') ?? '' }
}

/**
 * Kept exactly as it was entered, blanks and inner line ends included, but for one line end at its end: a
 * copied text brings it along.
 */
function enterSecret(params: Params): Change {
  const value = (params.get('value') ?? '').replace(/\r?\n$/, '')
  const notice = secretProblem(value)
  if (notice !== undefined) return { kind: 'none', notice }
  return { kind: 'enter-secret', value, ...toName(params) }
}

function secretProblem(value: string): Notice | undefined {
  if (value === '') return 'secret-empty'
  if (Buffer.byteLength(value) > SECRET_BYTES_MAX) return 'secret-long'
  // No program can be given one.
  return value.includes('\0') ? 'secret-unusable' : undefined
}
