/** What a server without sessions tells, as sessions are told it. */

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
