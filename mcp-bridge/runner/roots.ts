/**
 * The roots policy of a service: whether the server learns of the client's folders, of those the
 * operator has set (`fixed`), or of none (`deny`).
 *
 * Changing the capability alone is not enough: servers were seen to ask after a bare
 * `notifications/roots/list_changed`, and to take the answer for the folders they may serve.
 * So with both the notification stops here, and the bridge answers `roots/list` itself.
 */

import { basename } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Service } from '../../lib/catalogue/service.ts'
import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import {
  CODES,
  paramsOf,
  RpcFault,
  type RpcId,
  type RpcMessage,
  type RpcRequest,
  type RpcResponse,
} from '../json-rpc.ts'

export const ROOTS_CHANGED = 'notifications/roots/list_changed'
export const ROOTS_LIST = 'roots/list'

/** What a server is told that its client can do about roots. */
export function rootsCapability({ roots }: Service): JsonObject {
  // Without `listChanged`: they never do.
  return roots === 'fixed' ? { roots: {} } : {}
}

/** `initialize` as the server may see it. */
export function withAllowedRoots(service: Service, request: RpcRequest): RpcRequest {
  if (service.roots === 'client') return request
  const { capabilities, ...params } = paramsOf(request)
  const { roots: _, ...others } = isObject(capabilities) ? capabilities : {}
  const allowed = { ...others, ...rootsCapability(service) }
  return { ...request, params: { ...params, capabilities: allowed } }
}

/** Whether a client's message stops here. */
export function isKeptFromServer({ roots }: Service, { method }: RpcMessage): boolean {
  return roots !== 'client' && method === ROOTS_CHANGED
}

/** The bridge's answer to the server; undefined when it is the client's to give. */
export function answerRoots(
  service: Service,
  { jsonrpc, id, method }: RpcRequest,
  rootFolders: () => readonly string[],
): RpcResponse | undefined {
  if (method !== ROOTS_LIST || service.roots === 'client') return undefined
  if (service.roots === 'fixed') return tellFolders(id, rootFolders)
  const message = `the gateway does not pass ${method} on for this service`
  return { jsonrpc, id, error: { code: CODES.methodNotFound, message } }
}

function tellFolders(id: RpcId, rootFolders: () => readonly string[]): RpcResponse {
  try {
    return { jsonrpc: '2.0', id, result: { roots: rootFolders().map(toRoot) } }
  } catch (cause) {
    const words = 'the gateway cannot tell the folders of this service'
    return new RpcFault(500, 'internal', words, { cause }).toResponse(id)
  }
}

function toRoot(folder: string): object {
  return { uri: pathToFileURL(folder).href, name: basename(folder) }
}
