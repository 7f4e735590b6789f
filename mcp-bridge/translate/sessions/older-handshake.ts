/** What a server without sessions answers to `server/discover`, as the answer to a session's `initialize`. */

import type { Service } from '../../../lib/catalogue/service.ts'
import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { META } from '../../stateless/envelope.ts'
import { type SessionClient, withoutTasks } from './session-client.ts'

export interface InitializeResult extends JsonObject {
  readonly capabilities: JsonObject
}

export function toInitializeResult(
  service: Service,
  { revision }: Pick<SessionClient, 'revision'>,
  discovered: JsonObject,
): InitializeResult {
  const { instructions } = discovered
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
