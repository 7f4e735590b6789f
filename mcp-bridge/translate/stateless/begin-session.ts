/** `initialize` on behalf of clients that have none (MCP 2025-11-25, lifecycle), with what they have declared. */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { LATEST_REVISION } from '../../era.ts'
import { RpcFault } from '../../json-rpc.ts'
import { INITIALIZED } from '../../runner/handshake.ts'
import type { ProcessUser } from '../../runner/process-user.ts'
import type { ServerProcess } from '../../runner/server-process.ts'

/** The server has refused the session. */
export class SessionRefused extends RpcFault {
  /** The server's own error. */
  readonly told: unknown

  constructor(message: string, told: unknown) {
    super(200, 'internal', message)
    this.told = told
  }
}

export interface Declared {
  readonly capabilities: JsonObject
  readonly clientInfo: JsonObject
}

/**
 * What the server has answered.
 * @throws SessionRefused
 */
export async function beginSession(
  process: ServerProcess,
  user: ProcessUser,
  { capabilities, clientInfo }: Declared,
): Promise<JsonObject> {
  // Tasks of a client were part of one revision only, in which they worked otherwise.
  const { tasks: _, ...known } = capabilities
  const answer = await process.initialize(user, {
    jsonrpc: '2.0',
    id: 0,
    method: 'initialize',
    params: {
      protocolVersion: LATEST_REVISION,
      capabilities: known,
      clientInfo: toNamed(clientInfo),
    },
  })
  if (!isObject(answer.result)) throw toRefused(process.service.name, answer.error)
  process.pass({ jsonrpc: '2.0', method: INITIALIZED })
  return answer.result
}

/** In the revisions with sessions a client has a name. */
function toNamed(clientInfo: JsonObject): JsonObject {
  const { name, version } = clientInfo
  return {
    ...clientInfo,
    name: typeof name === 'string' ? name : 'unnamed',
    version: typeof version === 'string' ? version : '0',
  }
}

function toRefused(service: string, error: unknown): SessionRefused {
  const given = isObject(error) ? error['message'] : undefined
  const why = typeof given === 'string' ? given : 'it has given no reason'
  const named = why.startsWith(`the service ${service}`) ? why : `the service ${service}: ${why}`
  return new SessionRefused(named, error)
}
