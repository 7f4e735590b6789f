/** The `_meta` envelope of a request without a session (MCP 2026-07-28, basic, `_meta`). */

import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import {
  metaOf,
  paramsOf,
  type RpcId,
  type RpcMessage,
  type RpcNotification,
  type RpcRequest,
} from '../json-rpc.ts'

export const STATELESS_REVISION = '2026-07-28'

const PREFIX = 'io.modelcontextprotocol/'
export const META = {
  protocolVersion: `${PREFIX}protocolVersion`,
  clientInfo: `${PREFIX}clientInfo`,
  clientCapabilities: `${PREFIX}clientCapabilities`,
  logLevel: `${PREFIX}logLevel`,
  serverInfo: `${PREFIX}serverInfo`,
  subscriptionId: `${PREFIX}subscriptionId`,
} as const

export interface Envelope {
  /** As it was sent; undefined when it was not. */
  readonly protocolVersion: unknown
  readonly clientInfo: JsonObject | undefined
  /** Undefined when it was not sent, or is no object: such a request is refused. */
  readonly clientCapabilities: JsonObject | undefined
  /** Without it the server sends no log messages for this request. */
  readonly logLevel: unknown
}

export function envelopeOf(message: RpcMessage): Envelope {
  const meta = metaOf(message)
  const object = (name: string): JsonObject | undefined => {
    const value = meta[name]
    return isObject(value) ? value : undefined
  }
  return {
    protocolVersion: meta[META.protocolVersion],
    clientInfo: object(META.clientInfo),
    clientCapabilities: object(META.clientCapabilities),
    logLevel: meta[META.logLevel],
  }
}

/** A request whose envelope was found to be whole. */
export interface StatelessRequest {
  readonly request: RpcRequest
  readonly clientInfo: JsonObject | undefined
  readonly clientCapabilities: JsonObject
  readonly logLevel: unknown
}

/** As it is sent on the stream of a `subscriptions/listen` request of that id. */
export function withSubscription(notification: RpcNotification, id: RpcId): RpcNotification {
  const _meta = { ...metaOf(notification), [META.subscriptionId]: id }
  return { ...notification, params: { ...paramsOf(notification), _meta } }
}
