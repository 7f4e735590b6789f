/**
 * What a server asks for before it goes on (MCP 2026-07-28, multi round-trip requests), as the requests
 * that a server sends its client in the revisions before.
 */

import { randomUUID } from 'node:crypto'
import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { RpcFault } from '../../json-rpc.ts'
import { INPUTS_PER_ROUND_MAX, REQUEST_STATE_CHARACTERS_MAX } from '../../limits.ts'
import type { SessionClient } from './session-client.ts'

const ELICITATION = 'elicitation/create'
const ASKABLE: readonly unknown[] = [ELICITATION, 'sampling/createMessage', 'roots/list']

export interface Input {
  readonly key: string
  readonly method: string
  readonly params: JsonObject | undefined
}

export interface InputRequired {
  readonly inputs: readonly Input[]
  /** Goes back as it came. */
  readonly requestState: string | undefined
}

/** @throws RpcFault for what cannot be asked, or is no such result. */
export function readInputRequired(
  { inputRequests, requestState }: JsonObject,
  client: SessionClient,
): InputRequired {
  const entries = isObject(inputRequests) ? Object.entries(inputRequests) : []
  const state = typeof requestState === 'string' ? requestState : undefined
  if (entries.length === 0 && state === undefined) {
    throw refused('asks for input without saying which')
  }
  if (entries.length > INPUTS_PER_ROUND_MAX) {
    throw refused(`asks for more than ${INPUTS_PER_ROUND_MAX} inputs at once`)
  }
  if (state !== undefined && state.length > REQUEST_STATE_CHARACTERS_MAX) {
    throw refused(`has a state of more than ${REQUEST_STATE_CHARACTERS_MAX} characters`)
  }
  const inputs = entries.map(([key, request]) => toInput(key, request, client))
  return { inputs, requestState: state }
}

function toInput(key: string, request: unknown, client: SessionClient): Input {
  const method = isObject(request) ? request['method'] : undefined
  if (!isObject(request) || typeof method !== 'string' || !ASKABLE.includes(method)) {
    throw refused('asks for an input that this revision does not have')
  }
  const params = isObject(request['params']) ? request['params'] : undefined
  if (method !== ELICITATION) return { key, method, params }
  return { key, method, params: toOlderElicitation(params ?? {}, client) }
}

/** `mode` and what belongs to it are known to 2025-11-25 only; so is the id that the server has no use for. */
function toOlderElicitation(params: JsonObject, { capabilities }: SessionClient): JsonObject {
  const { mode, ...others } = params
  const { elicitation } = capabilities
  const { form, url } = isObject(elicitation) ? elicitation : {}
  if (mode === 'url') {
    if (url === undefined) throw refused('wants to send a person to an address: this client cannot')
    return { elicitationId: randomUUID(), ...params }
  }
  // Who has declared an address alone has no forms.
  if (form === undefined && url !== undefined) {
    throw refused('wants a person to fill in a form: this client has none')
  }
  return url === undefined ? others : params
}

/** Why a client's answer to what it was asked is none. */
export function notAnswered(error: unknown): RpcFault {
  const message = isObject(error) ? error['message'] : undefined
  const why = typeof message === 'string' ? message : 'the client has not answered'
  return refused(`needs input: ${why}`)
}

/** What is wrong with the server's asking, without its name. */
export function refused(words: string): RpcFault {
  return new RpcFault(200, 'internal', words)
}
