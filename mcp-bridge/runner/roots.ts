/**
 * The `roots: deny` policy: a server never learns of a client's folders.
 *
 * Removing the capability alone is not enough: servers were seen to ask after a bare
 * `notifications/roots/list_changed`, and to take the answer for the folders they may serve.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import { isObject, paramsOf, type RpcMessage, type RpcRequest } from '../json-rpc.ts'

const ROOTS_CHANGED = 'notifications/roots/list_changed'
const INITIALIZED = 'notifications/initialized'

/** `initialize` as the server may see it. */
export function withoutDeniedCapabilities(service: Service, request: RpcRequest): RpcRequest {
  const { capabilities, ...params } = paramsOf(request)
  if (service.roots !== 'deny' || !isObject(capabilities)) return request
  const { roots: _, ...allowed } = capabilities
  return { ...request, params: { ...params, capabilities: allowed } }
}

/** Whether a client's message stops here. A shared process had its handshake, and knows no client. */
export function isKeptFromServer(
  service: Service,
  isShared: boolean,
  { method }: RpcMessage,
): boolean {
  if (isShared) return method === INITIALIZED || method === ROOTS_CHANGED
  return service.roots === 'deny' && method === ROOTS_CHANGED
}

/** Whether a server's request is answered by the bridge, with "method not found". */
export function isKeptFromClient(service: Service, method: string): boolean {
  return service.roots === 'deny' && method === 'roots/list'
}
