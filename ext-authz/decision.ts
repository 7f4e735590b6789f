/** What the edge may answer, and what each refusal looks like on the wire. No I/O, no framework. */

import type { OAuthErrorCode } from '../lib/oauth/error.ts'
import type { Identity } from '../lib/oauth/identity-headers.ts'
import type { ProtectedResource } from './resources.ts'

/** Why a request is refused: for the log and the metrics. The wire gets fewer, generic words. */
export type DenyReason =
  | 'no_token'
  | 'malformed'
  | 'expired'
  | 'wrong_audience'
  | 'unknown_key'
  | 'bad_signature'
  | 'revoked'
  | 'insufficient_scope'
  | 'foreign_origin'
  | 'unknown_service'
  | 'keys_unavailable'
  | 'store_unavailable'
  | 'unforeseen'

export type Decision = Allowance | Denial

/** Of a token that was verified before it is the same object each time. */
interface Encodable {
  /**
   * The answer's bytes as latin1, from the second time on that they are made; empty after the first, because many a
   * token comes only once. Held in the object, not in a table beside it, and as a text: a small buffer holds on to all
   * that Node has put into the same eight kilobytes.
   */
  encoded?: string | undefined
}

export interface Allowance extends Encodable {
  readonly allow: true
  readonly identity: Identity
}

export interface Denial extends Encodable {
  readonly allow: false
  readonly reason: DenyReason
  /** What exactly failed, without secrets; for the log only. */
  readonly detail: string
  /** Undefined when the request names no resource of ours. */
  readonly resource?: ProtectedResource | undefined
  /** Who calls, when the token is ours and good but for this. */
  readonly caller?: Pick<Identity, 'userId' | 'clientId'> | undefined
  /** The scopes that the token has, when it is too small; with `caller`. */
  readonly granted?: readonly string[] | undefined
}

/** The wire side of a refusal (RFC 6750 section 3.1). */
export interface WireDenial {
  readonly status: 401 | 403 | 503
  readonly error: OAuthErrorCode | 'unauthorized' | 'forbidden'
  readonly description: string
  /** Whether a challenge goes with it, and whether the challenge carries the error. */
  readonly challenge: 'none' | 'plain' | 'with_error'
}

const UNAVAILABLE: WireDenial = {
  status: 503,
  error: 'temporarily_unavailable',
  description: 'the gateway cannot check the access token at this moment; try again',
  challenge: 'none',
}

function badToken(description: string): WireDenial {
  return { status: 401, error: 'invalid_token', description, challenge: 'with_error' }
}

/** Every reason has its answer; a new reason does not compile without one. */
export function toWireDenial(reason: DenyReason): WireDenial {
  switch (reason) {
    case 'no_token':
      return {
        status: 401,
        error: 'unauthorized',
        description: 'this MCP server needs a login: see resource_metadata in WWW-Authenticate',
        challenge: 'plain',
      }
    case 'expired':
      return badToken('the access token has expired')
    case 'wrong_audience':
      return badToken('the access token is for another resource')
    case 'revoked':
      return badToken('the access token has been revoked')
    case 'malformed':
    case 'unknown_key':
    case 'bad_signature':
      return badToken('the access token is not valid')
    case 'insufficient_scope':
      return {
        status: 403,
        error: 'insufficient_scope',
        description: 'the access token lacks a scope that this MCP server needs',
        challenge: 'with_error',
      }
    case 'foreign_origin':
      return {
        status: 403,
        error: 'forbidden',
        description: 'web pages of this origin may not call: see MCP_CORS_ORIGINS',
        challenge: 'none',
      }
    case 'unknown_service':
    case 'keys_unavailable':
    case 'store_unavailable':
    case 'unforeseen':
      return UNAVAILABLE
    default:
      return assertNever(reason)
  }
}

function assertNever(reason: never): never {
  throw new TypeError(`no answer for ${String(reason)}`)
}
