/**
 * Protocol revisions: which the bridge serves, and how a request tells its era.
 *
 * The body decides (MCP 2026-07-28, `_meta` envelope): real clients get the headers wrong.
 */

import {
  isObject,
  metaOf,
  paramsOf,
  RpcFault,
  type RpcMessage,
  type RpcRequest,
} from './json-rpc.ts'

export const LATEST_REVISION = '2025-11-25'
/** Those with sessions, newest first. */
export const REVISIONS = [LATEST_REVISION, '2025-06-18', '2025-03-26', '2024-11-05'] as const
/** The only one that allows arrays of messages. */
export const BATCH_REVISION = '2025-03-26'
/** Known by name though not served: some clients send it as a header around 2025 bodies. */
const STATELESS_REVISION = '2026-07-28'

const ENVELOPE_VERSION = 'io.modelcontextprotocol/protocolVersion'

/**
 * Whether a message is of the era without sessions. `server/discover` is, in whatever form: a
 * server that answers it refuses `initialize` from then on, so it must never reach a child.
 * `initialize` never is, whatever revision it asks for.
 */
export function isStateless(message: RpcMessage): boolean {
  if (message.method === 'initialize') return false
  return message.method === 'server/discover' || ENVELOPE_VERSION in metaOf(message)
}

/**
 * The answer that sends clients of the stateless era back to `initialize`: 400 with -32022 and a
 * list of revisions in which there is none of theirs (MCP 2026-07-28, version negotiation). The
 * TypeScript SDK 2 takes such a list as "legacy" (an empty or absent one too, but a 5xx or a 403
 * ends it); the Python SDK 2 and FastMCP 4 give up only if the list has no revision with a
 * handshake; the Go SDK falls back on every JSON-RPC error with a body it can read.
 */
export function toStatelessRefusal(message: RpcMessage): RpcFault {
  const requested = metaOf(message)[ENVELOPE_VERSION] ?? STATELESS_REVISION
  return unsupported(requested, typeof message.id === 'object' ? undefined : message.id)
}

/** An absent header is fine; a revision that nobody ever published is not. */
export function assertRevisionHeader(header: string | undefined): void {
  const known: readonly string[] = [...REVISIONS, STATELESS_REVISION]
  if (header !== undefined && !known.includes(header)) throw unsupported(header, undefined)
}

function unsupported(requested: unknown, id: string | number | undefined): RpcFault {
  return new RpcFault(
    400,
    'unsupportedVersion',
    `unsupported protocol version; this gateway speaks ${REVISIONS.join(', ')} and begins with initialize`,
    { data: { supported: REVISIONS, requested }, ...(id === undefined ? {} : { id }) },
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
