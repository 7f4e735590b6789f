/** Requests of a session that its server without sessions has no method for. */

import type { JsonObject } from '../../../lib/platform/json.ts'
import {
  CODES,
  type CodeName,
  paramsOf,
  type RpcRequest,
  type RpcResponse,
} from '../../json-rpc.ts'
import { LEVELS } from '../../runner/log-levels.ts'
import type { Call } from '../../runner/process-user.ts'
import type { SessionClient } from './session-client.ts'

/** From now on each request carries the level (MCP 2026-07-28, logging). */
export function setLevel(
  client: SessionClient,
  capabilities: JsonObject,
  call: Call,
  request: RpcRequest,
): void {
  const { level } = paramsOf(request)
  if (capabilities['logging'] === undefined) {
    refuse(call, 'methodNotFound', 'the server has no log messages')
  } else if (!LEVELS.includes(level)) {
    refuse(call, 'invalidParams', `level is one of ${LEVELS.join(', ')}`)
  } else {
    client.logLevel = level
    answer(call, { result: {} })
  }
}

export function refuse(call: Call, code: CodeName, message: string): void {
  answer(call, { error: { code: CODES[code], message } })
}

export function answer(call: Call, what: Pick<RpcResponse, 'result' | 'error'>): void {
  call.settle({ ...what, jsonrpc: '2.0', id: call.id })
}
