/** How a session was opened, so that it can be opened again when the server has lost it. */

import {
  isInitializeRequest,
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
}

export function createOpening(): Opening {
  let opened: JSONRPCRequest | undefined
  return {
    fromClient(message) {
      if ('id' in message && isInitializeRequest(message)) opened = message as JSONRPCRequest
    },
    fromServer(message) {
      if (!isJSONRPCResultResponse(message) || message.id !== opened?.id) return undefined
      const { protocolVersion } = message.result as { protocolVersion?: unknown }
      return typeof protocolVersion === 'string' ? protocolVersion : undefined
    },
    request: () => opened,
  }
}
