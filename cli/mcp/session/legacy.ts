/** Servers of 2024-11-05, which know HTTP with SSE alone (MCP 2025-03-26, backwards compatibility). */

import {
  type JSONRPCMessage,
  SdkHttpError,
  SSEClientTransport,
  SseError,
  type StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client'

/** Either way to a server over HTTP. */
export type HttpTransport = StreamableHTTPClientTransport | SSEClientTransport

/** How a server refuses a transport that it does not know; whoever wants a login, or less at a time, says so otherwise. */
const UNKNOWN_TRANSPORT = new Set([400, 404, 405])

export function knowsNoStreamableHttp(error: unknown): boolean {
  return error instanceof SdkHttpError && UNKNOWN_TRANSPORT.has(error.status ?? 0)
}

export function isLegacy(transport: HttpTransport): transport is SSEClientTransport {
  return transport instanceof SSEClientTransport
}

/** Whether the stream itself has failed, not a message on it. */
export function isStreamError(error: unknown): boolean {
  return error instanceof SseError || error instanceof UnauthorizedError
}

export type SendOptions = Parameters<StreamableHTTPClientTransport['send']>[1]

/** @param options of the newer transport: in the older one, answers come on the one stream. */
export async function sendOver(
  transport: HttpTransport,
  message: JSONRPCMessage,
  options?: SendOptions,
): Promise<void> {
  if (transport instanceof SSEClientTransport) await transport.send(message)
  else await transport.send(message, options)
}

/** Ends the session at the server: that of 2024-11-05 ends with its stream. */
export async function endSession(transport: HttpTransport): Promise<void> {
  if (!(transport instanceof SSEClientTransport)) await transport.terminateSession()
}

/** Undefined where there is none to be known by, as in 2024-11-05. */
export function sessionIdOf(transport: HttpTransport): string | undefined {
  return transport instanceof SSEClientTransport ? undefined : transport.sessionId
}
