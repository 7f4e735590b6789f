/** `server/discover` as the gateway asks it by itself, to learn what a server knows. */

import { isObject } from '../../lib/platform/json.ts'
import { ABOUT_US } from '../about-us.ts'
import type { RpcRequest } from '../json-rpc.ts'
import { DISCOVER } from '../methods.ts'
import { META, STATELESS_REVISION } from './envelope.ts'

export const DISCOVERY_QUESTION: RpcRequest = {
  jsonrpc: '2.0',
  id: 'discover',
  method: DISCOVER,
  params: {
    _meta: {
      [META.protocolVersion]: STATELESS_REVISION,
      [META.clientInfo]: ABOUT_US,
      [META.clientCapabilities]: {},
    },
  },
}

/** Whether the result is one of a server that answers without sessions. */
export function speaksStateless(result: unknown): boolean {
  const versions = isObject(result) ? result['supportedVersions'] : undefined
  return Array.isArray(versions) && versions.includes(STATELESS_REVISION)
}
