/** Requests of the client on the pipe that wait for an answer: each gets exactly one. */

import {
  type JSONRPCErrorResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  PROTOCOL_VERSION_META_KEY,
  type RequestId,
} from '@modelcontextprotocol/client'

export interface WaitingRequest {
  readonly message: JSONRPCRequest
  /** In the era without sessions, leaving is how a request is cancelled. */
  readonly leaving: AbortController
  /** Whether the server has it: it may have been done, and is not sent again. */
  isTaken: boolean
}

export interface Waiting {
  add(message: JSONRPCRequest): WaitingRequest
  get(id: RequestId | undefined): WaitingRequest | undefined
  all(): readonly WaitingRequest[]
  /** Whether it waited until now. */
  settle(id: RequestId | undefined): boolean
  /** When nothing waits any more. */
  empty(): Promise<void>
}

/** What a failure here is for the client: an error of the server it knows. */
const BRIDGE_ERROR = -32_000

export function createWaiting(): Waiting {
  const requests = new Map<RequestId, WaitingRequest>()
  let onEmpty: (() => void)[] = []
  return {
    add(message) {
      const request = { message, leaving: new AbortController(), isTaken: false }
      requests.set(message.id, request)
      return request
    },
    get: (id) => (id === undefined ? undefined : requests.get(id)),
    all: () => [...requests.values()],
    settle(id) {
      const waited = id !== undefined && requests.delete(id)
      if (requests.size === 0) {
        for (const tell of onEmpty) tell()
        onEmpty = []
      }
      return waited
    },
    async empty() {
      if (requests.size > 0) await new Promise<void>((resolve) => onEmpty.push(resolve))
    },
  }
}

/** Whether it is of the era without sessions: such a message says itself which revision it speaks. */
export function isStateless(message: JSONRPCMessage): boolean {
  if (!('params' in message)) return false
  const meta = message.params?._meta as Record<string, unknown> | undefined
  return meta?.[PROTOCOL_VERSION_META_KEY] !== undefined
}

export function toErrorResponse(id: RequestId, message: string): JSONRPCErrorResponse {
  return { jsonrpc: '2.0', id, error: { code: BRIDGE_ERROR, message } }
}
