/**
 * What a session's client has said of itself in `initialize`, told to its server with each request, in
 * the words of MCP 2026-07-28 (`_meta` envelope).
 */

import type { Service } from '../../../lib/catalogue/service.ts'
import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { LATEST_REVISION, REVISIONS } from '../../era.ts'
import { metaOf, paramsOf, RpcFault, type RpcRequest, serialize } from '../../json-rpc.ts'
import { DECLARED_CHARACTERS_MAX } from '../../limits.ts'
import { rootsCapability } from '../../runner/roots.ts'
import { META, STATELESS_REVISION } from '../../stateless/envelope.ts'

/** The only one with sessions that knows elicitation at an address. */
const URL_REVISION = '2025-11-25'
/** Its calls are answered in a way of its own, which no client with sessions has agreed to. */
const TASKS = 'io.modelcontextprotocol/tasks'

export class SessionClient {
  /** Of those with sessions, the one that both sides of the session speak. */
  readonly revision: string
  /** As the server is told. */
  readonly capabilities: JsonObject
  /** The least important message it wants to see; undefined until it has said so. */
  logLevel: unknown
  readonly #envelope: JsonObject

  /** @throws RpcFault 400 when more is declared than is kept. */
  constructor(service: Service, initialize: RpcRequest) {
    const { protocolVersion, capabilities, clientInfo } = paramsOf(initialize)
    const known = REVISIONS.find((one) => one === protocolVersion)
    this.revision = known ?? LATEST_REVISION
    this.capabilities = this.#translate(service, isObject(capabilities) ? capabilities : {})
    this.#envelope = {
      [META.protocolVersion]: STATELESS_REVISION,
      ...(isObject(clientInfo) && { [META.clientInfo]: clientInfo }),
      [META.clientCapabilities]: this.capabilities,
    }
    assertDeclared(this.#envelope)
  }

  /** The request as a server without sessions takes it; whatever else its `_meta` has stays. */
  wrap(request: RpcRequest): RpcRequest {
    const _meta = { ...metaOf(request), ...this.#envelope, ...this.#level() }
    return { ...request, params: { ...paramsOf(request), _meta } }
  }

  #level(): JsonObject {
    return this.logLevel === undefined ? {} : { [META.logLevel]: this.logLevel }
  }

  #translate(service: Service, capabilities: JsonObject): JsonObject {
    const { tasks: _, roots, elicitation, extensions, ...others } = capabilities
    const isClients = service.roots === 'client' && isObject(roots)
    return {
      ...others,
      // Without `listChanged`: they are asked for anew each time.
      ...(isClients ? { roots: {} } : rootsCapability(service)),
      ...(isObject(elicitation) && { elicitation: this.#elicitation(elicitation) }),
      ...(isObject(extensions) && { extensions: withoutTasks(extensions) }),
    }
  }

  #elicitation(elicitation: JsonObject): JsonObject {
    if (this.revision === URL_REVISION) return elicitation
    const { url: _, ...others } = elicitation
    return others
  }
}

/**
 * What is told for a client with each of its requests is kept as long as it may make some.
 * @throws RpcFault 400 when that is too much.
 */
export function assertDeclared(declared: JsonObject): void {
  const text = serialize({ jsonrpc: '2.0', params: declared })
  if (text.length <= DECLARED_CHARACTERS_MAX) return
  const message = `what a client declares may have ${DECLARED_CHARACTERS_MAX} characters at most`
  throw new RpcFault(400, 'invalidParams', message)
}

/** Of either side's extensions, those that do not change what an answer is. */
export function withoutTasks({ [TASKS]: _, ...others }: JsonObject): JsonObject {
  return others
}
