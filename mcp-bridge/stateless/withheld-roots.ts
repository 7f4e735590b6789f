/**
 * `roots: deny` and `fixed` where nobody has a session (MCP 2026-07-28): what a client says of its folders does not
 * reach the server, and what the server asks about them does not reach the client.
 *
 * Who is asked for folders and for something else at once brings the answer to the latter with its next request.
 * Which names the folders had travels in `requestState`; a client that forges it gets the server told the very
 * same folders.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import { tryParseExactly } from '../exact-json.ts'
import { metaOf, paramsOf, RpcFault, type RpcRequest, type RpcResponse } from '../json-rpc.ts'
import { INPUT_ROUNDS_MAX, INPUTS_PER_ROUND_MAX } from '../limits.ts'
import { answerRoots, ROOTS_LIST, rootsCapability } from '../runner/roots.ts'
import { META } from './envelope.ts'

const STATE_PREFIX = 'gateway-roots:'

interface State {
  /** The names under which the server asked for folders. */
  readonly roots: readonly string[]
  /** The server's own. */
  readonly state: unknown
}

/**
 * Undefined where the client's folders pass.
 * @throws RpcFault when those of the service cannot be told.
 */
export function withholdRoots(
  service: Service,
  rootFolders: () => readonly string[],
  request: RpcRequest,
): WithheldRoots | undefined {
  if (service.roots === 'client') return undefined
  return new WithheldRoots(service, rootFolders, request)
}

/** The rounds of one request. */
export class WithheldRoots {
  /** As the server may see it. */
  readonly request: RpcRequest
  readonly #service: Service
  readonly #rootFolders: () => readonly string[]
  #rounds = 1

  /** @throws RpcFault when the folders cannot be told. */
  constructor(service: Service, rootFolders: () => readonly string[], request: RpcRequest) {
    this.#service = service
    this.#rootFolders = rootFolders
    this.request = this.#toServer(request)
  }

  /**
   * What the server is asked next, or the client's answer: without questions about folders.
   * @throws RpcFault when it asks what it must not, or too often.
   */
  next(response: RpcResponse): RpcRequest | RpcResponse {
    const { result } = response
    if (!isObject(result) || result['resultType'] !== 'input_required') return response
    const { inputRequests, requestState: state, ...others } = result
    const asked = isObject(inputRequests) ? Object.entries(inputRequests) : []
    const roots = asked.filter(([, one]) => isRootsList(one)).map(([name]) => name)
    const left = asked.filter(([, one]) => !isRootsList(one))
    if (roots.length > 0 && left.length === 0) return this.#askAgain(roots, state)
    if (roots.length > 0) this.#tellFolders()
    else if (!isOurs(state)) return response
    const requestState = STATE_PREFIX + JSON.stringify({ roots, state } satisfies State)
    const inputs = left.length > 0 && { inputRequests: Object.fromEntries(left) }
    return { ...response, result: { ...others, ...inputs, requestState } }
  }

  #askAgain(roots: readonly string[], state: unknown): RpcRequest {
    this.#rounds += 1
    if (this.#rounds > INPUT_ROUNDS_MAX) {
      throw this.#refused(`still asks for folders after ${INPUT_ROUNDS_MAX} rounds`)
    }
    return this.#withAnswers(this.request, this.#answersTo(roots), state)
  }

  #toServer(request: RpcRequest): RpcRequest {
    const { inputResponses, requestState } = paramsOf(request)
    const capabilities = metaOf(request)[META.clientCapabilities]
    const { roots: _, ...others } = isObject(capabilities) ? capabilities : {}
    const allowed = { ...others, ...rootsCapability(this.#service) }
    const _meta = { ...metaOf(request), [META.clientCapabilities]: allowed }
    const own = { ...request, params: { ...paramsOf(request), _meta } }
    const told = isObject(inputResponses) ? Object.entries(inputResponses) : []
    const kept = told.filter(([, one]) => !(isObject(one) && 'roots' in one))
    const { roots, state } = readState(requestState)
    if (kept.length === told.length && state === requestState) return own
    return this.#withAnswers(own, [...kept, ...this.#answersTo(roots)], state)
  }

  #withAnswers(
    request: RpcRequest,
    answers: readonly (readonly [string, unknown])[],
    state: unknown,
  ): RpcRequest {
    const { inputResponses: _, requestState: __, ...params } = paramsOf(request)
    const next = {
      ...params,
      ...(answers.length > 0 && { inputResponses: Object.fromEntries(answers) }),
      ...(state !== undefined && { requestState: state }),
    }
    return { ...request, params: next }
  }

  #answersTo(names: readonly string[]): [string, JsonObject][] {
    return names.map((name) => [name, this.#tellFolders()])
  }

  #tellFolders(): JsonObject {
    const question = { jsonrpc: '2.0', id: 0, method: ROOTS_LIST } as const
    const { result, error } = answerRoots(this.#service, question, this.#rootFolders) ?? {}
    if (isObject(result)) return result
    const why = isObject(error) ? error['message'] : undefined
    throw this.#refused(`needs input: ${String(why)}`)
  }

  #refused(what: string): RpcFault {
    return new RpcFault(200, 'internal', `the service ${this.#service.name}: ${what}`)
  }
}

function isRootsList(input: unknown): boolean {
  return isObject(input) && input['method'] === ROOTS_LIST
}

function isOurs(state: unknown): state is string {
  return typeof state === 'string' && state.startsWith(STATE_PREFIX)
}

/** One that we have not written is the server's own. */
function readState(requestState: unknown): State {
  const none = { roots: [], state: requestState }
  if (!isOurs(requestState)) return none
  const read = tryParseExactly(requestState.slice(STATE_PREFIX.length))
  if (!isObject(read) || !Array.isArray(read['roots'])) return none
  const roots = read['roots'].filter((name) => typeof name === 'string')
  return { roots: roots.slice(0, INPUTS_PER_ROUND_MAX), state: read['state'] }
}
