/** Why a message did not arrive, in the words that the client on the pipe gets. */

import {
  isJSONRPCErrorResponse,
  type JSONRPCErrorResponse,
  type RequestId,
  SdkHttpError,
} from '@modelcontextprotocol/client'
import { CliError } from '../../cli-error.ts'
import { type Explaining, explainSession } from '../session/explain.ts'
import { toErrorResponse } from './waiting.ts'

export function toFailure(
  error: unknown,
  id: RequestId,
  explaining: Explaining,
): JSONRPCErrorResponse {
  return ownWords(error, id) ?? toErrorResponse(id, toText(error, explaining))
}

/** The message, and what to do about it: a model reads it, and tells the person. */
export function toText(error: unknown, explaining: Explaining): string {
  const explained = explainSession(error, explaining)
  if (!(explained instanceof CliError)) return String(explained)
  const { message, nextStep } = explained
  return nextStep === undefined ? message : `${message} Next: ${nextStep}`
}

/** A server that answers with a status may have said why in JSON-RPC too. */
function ownWords(error: unknown, id: RequestId): JSONRPCErrorResponse | undefined {
  const text = error instanceof SdkHttpError ? error.data['text'] : undefined
  if (typeof text !== 'string') return undefined
  try {
    const body: unknown = { ...JSON.parse(text), id }
    return isJSONRPCErrorResponse(body) ? body : undefined
  } catch {
    return undefined
  }
}

/** Of a session that the server no longer knows (MCP 2025-11-25, session management). */
export function isNotFound(error: unknown): boolean {
  return error instanceof SdkHttpError && error.status === 404
}
