/** What a server without sessions tells, as sessions are told it. */

import type { JsonObject } from '../../../lib/platform/json.ts'
import { numberOf } from '../../exact-json.ts'
import { metaOf, paramsOf, type RpcMessage } from '../../json-rpc.ts'
import { META } from '../../stateless/envelope.ts'

/** Without the name of the request that it was asked for with: sessions have made none. */
export function toOlderNotification(message: RpcMessage): RpcMessage {
  const meta = metaOf(message)
  if (meta[META.subscriptionId] === undefined) return message
  const { [META.subscriptionId]: _, ...others } = meta
  const { _meta: __, ...params } = paramsOf(message)
  const isLast = Object.keys(others).length === 0
  return { ...message, params: isLast ? params : { ...params, _meta: others } }
}

/**
 * To the client all rounds are one call, whose progress only ever grows (MCP, progress): that of a round
 * comes on top of what was told in those before.
 */
export function progressAfter(before: number, message: RpcMessage): JsonObject | undefined {
  const params = paramsOf(message)
  const progress = numberOf(params['progress'])
  const total = numberOf(params['total'])
  if (message.method !== 'notifications/progress' || progress === undefined) return undefined
  const all = total === undefined ? {} : { total: before + total }
  return { ...params, progress: before + progress, ...all }
}
