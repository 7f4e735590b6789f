/**
 * A server's answer as a client can read it (JSON-RPC 2.0 section 5): a result or an error, never both.
 *
 * Servers were seen to send `"error": null` beside a result, and errors without a code.
 */

import { isObject } from '../../lib/platform/json.ts'
import { CODES, type RpcResponse } from '../json-rpc.ts'

export function toValidAnswer(answer: RpcResponse): RpcResponse {
  if (answer.error === undefined) return answer
  const { error, result, ...rest } = answer
  if (error === null && 'result' in answer) return { ...rest, result }
  return isValidError(error) && !('result' in answer)
    ? answer
    : { ...rest, error: toValidError(error) }
}

function isValidError(error: unknown): boolean {
  return isObject(error) && Number.isInteger(error['code']) && typeof error['message'] === 'string'
}

function toValidError(error: unknown): object {
  const { code, message, ...rest } = isObject(error) ? error : { message: error }
  return {
    code: Number.isInteger(code) ? code : CODES.internal,
    message: typeof message === 'string' ? message : 'the server answered with an error',
    ...rest,
  }
}
