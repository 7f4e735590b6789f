/**
 * Protocol revisions: which the bridge serves, and how a request tells its era.
 *
 * The body decides (MCP 2026-07-28, `_meta` envelope): real clients get the headers wrong.
 */

import { isObject } from '../lib/platform/json.ts'
import {
  metaOf,
  type ParsedBody,
  paramsOf,
  RpcFault,
  type RpcId,
  type RpcMessage,
  type RpcRequest,
} from './json-rpc.ts'
import { DISCOVER } from './methods.ts'
import { META, STATELESS_REVISION } from './stateless/envelope.ts'

export const LATEST_REVISION = '2025-11-25'
/** Those with sessions, newest first. */
export const REVISIONS = [LATEST_REVISION, '2025-06-18', '2025-03-26', '2024-11-05'] as const
/** The only one that allows arrays of messages. */
export const BATCH_REVISION = '2025-03-26'
/** What a client without sessions is told: all that this URL serves. */
export const STATELESS_SUPPORTED: readonly string[] = [STATELESS_REVISION, ...REVISIONS]

/**
 * Whether a message is of the era without sessions. `server/discover` is, in whatever form: a
 * server that answers it refuses `initialize` from then on, so it must never reach one of the other era.
 * `initialize` is not, whatever revision it asks for: only one that asks for none and has the envelope
 * belongs to it, where there is no such method.
 */
export function isStateless(message: RpcMessage): boolean {
  if (message.method === DISCOVER) return true
  if (message.method === 'initialize' && 'protocolVersion' in paramsOf(message)) return false
  return META.protocolVersion in metaOf(message)
}

/**
 * Whether a POST is of that era. A client that has a session is not, whatever its headers say; one that has
 * none, and says so by the header alone, has forgotten the envelope and is told.
 */
export function isStatelessPost(
  { messages }: ParsedBody,
  revision: string | undefined,
  session: string | undefined,
): boolean {
  if (messages.some(isStateless)) return true
  if (revision !== STATELESS_REVISION || session !== undefined) return false
  return !messages.some(({ method }) => method === 'initialize')
}

/**
 * An absent or empty header is fine, and so is `own`, what the server of a session has settled on; another
 * revision that nobody serves is not.
 */
export function assertRevisionHeader(header: string | undefined, own?: string): void {
  if (header === undefined || header === '' || header === own) return
  const known: readonly string[] = STATELESS_SUPPORTED
  if (!known.includes(header)) throw toUnsupported(header, known)
}

/** 400 with -32022 and the revisions that are served (MCP 2026-07-28, version negotiation). */
export function toUnsupported(
  requested: unknown,
  supported: readonly string[],
  id?: RpcId,
): RpcFault {
  return new RpcFault(
    400,
    'unsupportedVersion',
    `unsupported protocol version; this gateway speaks ${supported.join(', ')}`,
    { data: { supported, requested }, ...(id === undefined ? {} : { id }) },
  )
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** `initialize` may ask for what comes after the last revision with sessions: it gets that one. */
export function withServedRevision(request: RpcRequest): RpcRequest {
  const requested = paramsOf(request)['protocolVersion']
  if (typeof requested !== 'string' || !DATE.test(requested) || requested <= LATEST_REVISION) {
    return request
  }
  return { ...request, params: { ...paramsOf(request), protocolVersion: LATEST_REVISION } }
}

/** The revision to answer when the server has settled on `served` before: the older of the two. */
export function olderRevision(requested: unknown, served: string): string {
  return REVISIONS.some((one) => one === requested) && (requested as string) < served
    ? (requested as string)
    : served
}

/** What the server's answer to `initialize` settled on. */
export function revisionOf(result: unknown): string {
  const version = isObject(result) ? result['protocolVersion'] : undefined
  return typeof version === 'string' ? version : LATEST_REVISION
}
