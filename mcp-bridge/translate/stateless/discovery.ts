/** `server/discover` in front of a server that knows `initialize` only (MCP 2026-07-28, discovery). */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { STATELESS_SUPPORTED } from '../../era.ts'
import type { RpcId, RpcResponse } from '../../json-rpc.ts'
import { DISCOVER } from '../../methods.ts'
import { toNewerResult } from './newer-answer.ts'

/** `begun`: what the server has answered to `initialize`. */
export function toDiscovery(begun: JsonObject, id: RpcId): RpcResponse {
  const { capabilities, instructions, serverInfo } = begun
  const result = {
    supportedVersions: STATELESS_SUPPORTED,
    capabilities: toNewerCapabilities(capabilities),
    ...(typeof instructions === 'string' && { instructions }),
  }
  return { jsonrpc: '2.0', id, result: toNewerResult(DISCOVER, result, serverInfo) }
}

/** Tasks were part of the protocol in 2025-11-25 only: what is called so now works otherwise. */
function toNewerCapabilities(capabilities: unknown): JsonObject {
  const { tasks: _, ...others } = isObject(capabilities) ? capabilities : {}
  return others
}
