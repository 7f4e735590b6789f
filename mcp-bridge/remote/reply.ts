/** What a remote server's answer to one message is: messages, a stream of them, or a refusal in words. */

import type { IncomingMessage } from 'node:http'
import { isObject, type JsonObject } from '../../lib/platform/json.ts'
import type { RpcFault, RpcMessage } from '../json-rpc.ts'
import { REMOTE_REFUSAL_BYTES_MAX } from '../limits.ts'
import { toUnusable } from './failures.ts'
import { type Inbox, TooLarge, toMessages } from './inbox.ts'
import type { RemoteServer } from './remote-server.ts'

export type Reply =
  /** Taken, and nothing to say. */
  | { readonly kind: 'accepted' }
  | { readonly kind: 'messages'; readonly messages: readonly RpcMessage[] }
  /** The answer is still to be read. */
  | { readonly kind: 'stream' }
  | Refused

export interface Refused {
  readonly kind: 'refused'
  readonly status: number
  /** The error that the server itself has told, of JSON-RPC. */
  readonly error: JsonObject | undefined
  /** In words of ours, for when there is none. */
  readonly fault: RpcFault
}

/** These say that we, or the person, may not: nothing of their text passes. */
const OURS = new Set([401, 403, 429])

/** @throws TooLarge */
export async function readReply(
  answer: IncomingMessage,
  server: RemoteServer,
  inbox: Inbox,
): Promise<Reply> {
  const { statusCode: status = 0, headers } = answer
  const refuse = (what: string): Refused => {
    answer.destroy()
    return { kind: 'refused', status, error: undefined, fault: toUnusable(server.service, what) }
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') {
    return refuse('answers compressed, though it was asked not to')
  }
  if (status !== 200 && status !== 202 && status !== 204) {
    return await readRefusal(answer, server, inbox)
  }
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === 'text/event-stream') return { kind: 'stream' }
  if (type === 'text/html') return refuse('answers with a web page: its address may be another one')
  const text = await inbox.readText(answer)
  if (text === undefined) return refuse('cut its answer off')
  if (text.trim() === '' || status !== 200) return { kind: 'accepted' }
  const messages = toMessages(text)
  return messages.length > 0
    ? { kind: 'messages', messages }
    : refuse('answers with no MCP message')
}

async function readRefusal(
  answer: IncomingMessage,
  server: RemoteServer,
  inbox: Inbox,
): Promise<Refused> {
  const { statusCode: status = 0 } = answer
  const refused = { kind: 'refused', status, fault: server.refusal(answer) } as const
  if (OURS.has(status) || (status >= 300 && status < 400)) {
    answer.destroy()
    return { ...refused, error: undefined }
  }
  const text = await inbox.readText(answer, REMOTE_REFUSAL_BYTES_MAX).catch((error: unknown) => {
    if (error instanceof TooLarge) return ''
    throw error
  })
  const [message] = toMessages(text ?? '')
  return { ...refused, error: isError(message?.error) ? message.error : undefined }
}

function isError(error: unknown): error is JsonObject {
  return (
    isObject(error) && typeof error['code'] === 'number' && typeof error['message'] === 'string'
  )
}
