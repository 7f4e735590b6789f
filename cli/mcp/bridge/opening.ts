/** How a session was opened, so that it can be opened again when the server has lost it. */

import {
  isInitializeRequest,
  isJSONRPCErrorResponse,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
} from '@modelcontextprotocol/client'

export interface Opening {
  /** Notes what passes from the client. */
  fromClient(message: JSONRPCMessage): void
  /** Notes what passes from the server. @returns the revision, when this settles it. */
  fromServer(message: JSONRPCMessage): string | undefined
  /** What opened the session; undefined in the era that has none. */
  request(): JSONRPCRequest | undefined
  /** Until the session is open, or could not be opened: before, no other message has its place. */
  open(): Promise<void>
  /** It was not opened. */
  fail(): void
}

export function createOpening(): Opening {
  let opened: JSONRPCRequest | undefined
  let pending: PromiseWithResolvers<void> | undefined
  const settle = (): void => pending?.resolve()
  return {
    fromClient(message) {
      if (!isOpening(message)) return
      opened = message
      pending = Promise.withResolvers()
    },
    fromServer(message) {
      if (isAnswer(message) && message.id === opened?.id) settle()
      if (!isJSONRPCResultResponse(message) || message.id !== opened?.id) return undefined
      const { protocolVersion } = message.result as { protocolVersion?: unknown }
      return typeof protocolVersion === 'string' ? protocolVersion : undefined
    },
    request: () => opened,
    open: () => pending?.promise ?? Promise.resolve(),
    fail: settle,
  }
}

export function isOpening(message: JSONRPCMessage): message is JSONRPCRequest {
  return 'id' in message && isInitializeRequest(message)
}

export function isAnswer(message: JSONRPCMessage) {
  return isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)
}
