/** What a server without sessions answers to `server/discover`, as the answer to a session's `initialize`. */

import type { Service } from '../../lib/catalogue/service.ts'
import { isObject, type JsonObject, RpcFault } from '../json-rpc.ts'
import { META, STATELESS_REVISION } from '../stateless/envelope.ts'
import { type SessionClient, withoutTasks } from './session-client.ts'

export interface InitializeResult extends JsonObject {
  readonly capabilities: JsonObject
}

/** @throws RpcFault for a server that does not say that it speaks 2026-07-28. */
export function toInitializeResult(
  service: Service,
  { revision }: Pick<SessionClient, 'revision'>,
  discovered: JsonObject,
): InitializeResult {
  const { supportedVersions, instructions } = discovered
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(STATELESS_REVISION)) {
    const words = `the service ${service.name}: does not speak ${STATELESS_REVISION}`
    throw new RpcFault(200, 'internal', words)
  }
  return {
    protocolVersion: revision,
    capabilities: capabilitiesOf(discovered),
    serverInfo: serverInfoOf(service, discovered['_meta']),
    ...(typeof instructions === 'string' && { instructions }),
  }
}

function capabilitiesOf({ capabilities }: JsonObject): JsonObject {
  if (!isObject(capabilities)) return {}
  const { extensions, ...others } = capabilities
  return isObject(extensions) ? { ...others, extensions: withoutTasks(extensions) } : others
}

/** Clients insist on a name and a version; a server need not have told them. */
function serverInfoOf({ name }: Service, meta: unknown): JsonObject {
  const info = isObject(meta) ? meta[META.serverInfo] : undefined
  return { name, version: 'unknown', ...(isObject(info) && info) }
}
