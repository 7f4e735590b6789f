/**
 * A server of 2025-11-25 may refuse a request until a person has visited some address. In 2026-07-28 that is a
 * question like any other; it has no state, as the request begins anew afterwards.
 */

import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { CODES, paramsOf, type RpcRequest } from '../../json-rpc.ts'

/** URLElicitationRequiredError. */
const URL_NEEDED = -32042
/** Of one answer. */
const ADDRESSES_MAX = 16

/** What becomes of that error: questions, another error, or undefined when it is not that error. */
export function toUrlQuestions(
  request: RpcRequest,
  error: unknown,
  capabilities: JsonObject,
): { readonly inputRequests: JsonObject } | { readonly error: JsonObject } | undefined {
  const elicitations = elicitationsOf(error)
  // Whoever has said no is not asked again: the server's word counts.
  if (elicitations.length === 0 || isDeclined(paramsOf(request)['inputResponses'])) return undefined
  if (mayBeSentToUrl(capabilities)) {
    const asked = elicitations.map((one, index) => [`url-${index + 1}`, toUrlRequest(one)])
    return { inputRequests: Object.fromEntries(asked) as JsonObject }
  }
  const message =
    'a person has to visit an address first: the client has not declared elicitation.url'
  const data = { requiredCapabilities: { elicitation: { url: {} } } }
  return { error: { code: CODES.missingCapability, message, data } }
}

function mayBeSentToUrl({ elicitation }: JsonObject): boolean {
  return isObject(elicitation) && isObject(elicitation['url'])
}

function elicitationsOf(error: unknown): readonly JsonObject[] {
  const data = isObject(error) && error['code'] === URL_NEEDED ? error['data'] : undefined
  const elicitations = isObject(data) ? data['elicitations'] : undefined
  return Array.isArray(elicitations) ? elicitations.slice(0, ADDRESSES_MAX).filter(isObject) : []
}

function isDeclined(inputResponses: unknown): boolean {
  const given = isObject(inputResponses) ? Object.values(inputResponses) : []
  return given.some((one) => isObject(one) && 'action' in one && one['action'] !== 'accept')
}

function toUrlRequest({ elicitationId: _, ...params }: JsonObject): JsonObject {
  return { method: 'elicitation/create', params: { ...params, mode: 'url' } }
}
