/** `server/discover` as the gateway asks it by itself, to learn what a server knows. */

import { isObject, type RpcMessage, type RpcRequest } from '../json-rpc.ts'
import { META, STATELESS_REVISION } from './envelope.ts'

export const DISCOVERY_QUESTION: RpcRequest = {
  jsonrpc: '2.0',
  id: 'discover',
  method: 'server/discover',
  params: {
    _meta: {
      [META.protocolVersion]: STATELESS_REVISION,
      [META.clientInfo]: { name: 'mcp-oauth-gateway', version: '0.1.0' },
      [META.clientCapabilities]: {},
    },
  },
}

/** Whether the answer is one of a server that answers without sessions. */
export function knowsStateless(answer: RpcMessage | undefined): boolean {
  const result = answer?.result
  const versions = isObject(result) ? result['supportedVersions'] : undefined
  return Array.isArray(versions) && versions.includes(STATELESS_REVISION)
}
