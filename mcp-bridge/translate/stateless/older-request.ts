/** A request of a client of 2026-07-28 as a server of the revisions with sessions reads it. */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { digest } from '../../../lib/platform/seal.ts'
import { paramsOf, RpcFault, type RpcRequest, serialize } from '../../json-rpc.ts'
import { ASKING } from '../../methods.ts'
import { META } from '../../stateless/envelope.ts'

/** Of the other era; tasks have become an extension with other methods of the same names. */
const OLDER_ONLY =
  /^(?:initialize|ping|logging\/setLevel|resources\/(?:un)?subscribe|tasks\/.*|notifications\/.*)$/
const ENVELOPE: ReadonlySet<string> = new Set(Object.values(META))

export function mayBeAsked(method: string): boolean {
  return ASKING.has(method)
}

/** @throws RpcFault 404 for a method that this revision does not have. */
export function assertNewer({ method }: RpcRequest): void {
  if (!OLDER_ONLY.test(method)) return
  throw new RpcFault(404, 'methodNotFound', `${method} does not exist in this revision`)
}

export function toOlderRequest(request: RpcRequest): RpcRequest {
  const { _meta, ...others } = paramsOf(request)
  const params = mayBeAsked(request.method) ? withoutRound(others) : others
  const meta = withoutEnvelope(isObject(_meta) ? _meta : {})
  return { ...request, params: meta === undefined ? params : { ...params, _meta: meta } }
}

/** What a request asks for, so that its repetition is known: the rest differs from round to round. */
export function digestOf(request: RpcRequest): string {
  const { _meta: _, ...others } = paramsOf(request)
  const { jsonrpc, method } = request
  return digest(serialize({ jsonrpc, method, params: withoutRound(others) }))
}

function withoutEnvelope(meta: JsonObject): JsonObject | undefined {
  let kept: Record<string, unknown> | undefined
  for (const [name, value] of Object.entries(meta)) {
    if (ENVELOPE.has(name)) continue
    kept ??= {}
    kept[name] = value
  }
  return kept
}

/** A task would be asked for as it was done before; nobody does in this revision. */
function withoutRound(params: JsonObject): JsonObject {
  const { inputResponses: _, requestState: __, task: ___, ...others } = params
  return others
}
