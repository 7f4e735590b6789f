/** JSON-RPC 2.0 as MCP uses it: message shapes, parsing of a body, and the error codes in one table. */

import { isUtf8 } from 'node:buffer'
import { isObject, type JsonObject } from '../lib/platform/json.ts'
import { type ExactNumber, numberOf, parseExactly, TooManyValues } from './exact-json.ts'
import { BATCH_MESSAGES_MAX, ID_CHARACTERS_MAX, MESSAGE_VALUES_MAX } from './limits.ts'
import { CANCELLED } from './methods.ts'

/** Two that are equal are the same value, also of numbers that no double holds. */
export type RpcId = string | number | ExactNumber

export interface RpcMessage {
  readonly jsonrpc: '2.0'
  readonly id?: RpcId | null
  readonly method?: string
  readonly params?: unknown
  readonly result?: unknown
  readonly error?: unknown
}
export type RpcRequest = RpcMessage & { readonly id: RpcId; readonly method: string }
export type RpcNotification = RpcMessage & { readonly method: string }
export type RpcResponse = RpcMessage & { readonly id: RpcId | null }

/**
 * JSON-RPC 2.0 section 5.1, the official SDKs' own, -32002 of MCP until 2025-11-25, and -32020 to -32022
 * of 2026-07-28.
 */
export const CODES = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  refused: -32000,
  sessionNotFound: -32001,
  resourceNotFound: -32002,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
  cancelled: -32800,
} as const

export type CodeName = keyof typeof CODES

export interface RpcFaultOptions extends ErrorOptions {
  readonly data?: JsonObject
  /** HTTP headers the answer carries, e.g. Retry-After. */
  readonly headers?: Readonly<Record<string, string>>
  /** The request it answers, where one could be read. */
  readonly id?: RpcId
}

/** Answers that are not a server's. */
const own = new WeakSet<RpcResponse>()

/** Whether the gateway has answered in a server's place. */
export function isOwn(answer: RpcResponse): boolean {
  return own.has(answer)
}

/** The one error that reaches a client: an HTTP status and a JSON-RPC error; `cause` stays here. */
export class RpcFault extends Error {
  override readonly name = 'RpcFault'
  readonly status: number
  readonly code: number
  readonly options: RpcFaultOptions

  constructor(status: number, code: CodeName, message: string, options: RpcFaultOptions = {}) {
    super(message, options)
    this.status = status
    this.code = CODES[code]
    this.options = options
  }

  static from(thrown: unknown): RpcFault {
    if (thrown instanceof RpcFault) return thrown
    return new RpcFault(500, 'internal', 'the gateway could not complete the request', {
      cause: thrown,
    })
  }

  /**
   * As the answer to one request, or to none that could be read.
   * @param more data beside the fault's own.
   */
  toResponse(id: RpcId | null = this.options.id ?? null, more?: JsonObject): RpcResponse {
    const data = more === undefined ? this.options.data : { ...this.options.data, ...more }
    const error = { code: this.code, message: this.message, ...(data && { data }) }
    const answer: RpcResponse = { jsonrpc: '2.0', id, error }
    own.add(answer)
    return answer
  }
}

export function isRequest(message: RpcMessage): message is RpcRequest {
  return message.method !== undefined && message.id !== undefined
}

export function isNotification(message: RpcMessage): message is RpcNotification {
  return message.method !== undefined && message.id === undefined
}

export function isResponse(message: RpcMessage): message is RpcResponse {
  return message.method === undefined
}

/** What tells a server that nobody waits for its answer (MCP, cancellation). */
export function toCancelled(requestId: RpcId, reason: string): RpcNotification {
  return { jsonrpc: '2.0', method: CANCELLED, params: { requestId, reason } }
}

/** Any JSON value as a message, or undefined when it is none. MCP forbids null as a request's id. */
export function toMessage(value: unknown): RpcMessage | undefined {
  if (!isObject(value) || value['jsonrpc'] !== '2.0') return undefined
  const { id, method } = value
  const isId = isRpcId(id)
  const isValid =
    method === undefined
      ? (isId || id === null) && ('result' in value || 'error' in value)
      : typeof method === 'string' && (isId || id === undefined)
  return isValid ? (value as unknown as RpcMessage) : undefined
}

function isRpcId(value: unknown): value is RpcId {
  return typeof value === 'string' || numberOf(value) !== undefined
}

export interface ParsedBody {
  readonly messages: readonly [RpcMessage, ...RpcMessage[]]
  readonly isBatch: boolean
}

/**
 * Reads a POST body.
 * @throws RpcFault 400 for what is not JSON, not JSON-RPC, too many messages, or an id that is too long; 413 for too
 * many values.
 */
export function parseBody(body: Buffer): ParsedBody {
  const value = parseJson(body)
  if (!Array.isArray(value)) return { messages: [asMessage(value)], isBatch: false }
  if (value.length > BATCH_MESSAGES_MAX) {
    throw invalid(`a batch has at most ${BATCH_MESSAGES_MAX} messages`)
  }
  const [first, ...rest] = value.map(asMessage)
  if (first === undefined) throw invalid('the batch is empty')
  return { messages: [first, ...rest], isBatch: true }
}

function asMessage(value: unknown): RpcMessage {
  const message = toMessage(value)
  if (message === undefined) throw invalid('the body is not a JSON-RPC 2.0 message')
  // Both are kept until the request is answered, whether its client is still there or not.
  assertShort('id', message.id)
  assertShort('progressToken', progressTokenOf(message))
  return message
}

function assertShort(name: string, id: RpcId | null | undefined): void {
  if (typeof id !== 'string' || id.length <= ID_CHARACTERS_MAX) return
  throw invalid(`${name} has more than ${ID_CHARACTERS_MAX} characters`)
}

/** As it was understood: another reader of the same bytes might understand something else. */
export function toBody({ messages, isBatch }: ParsedBody): Buffer {
  const texts = messages.map(serialize).join(',')
  return Buffer.from(isBatch ? `[${texts}]` : texts)
}

function parseJson(body: Buffer): unknown {
  try {
    if (!isUtf8(body)) throw new SyntaxError('not UTF-8')
    const text = body.toString('utf8')
    return parseExactly(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch (cause) {
    if (cause instanceof TooManyValues) {
      throw new RpcFault(
        413,
        'invalidRequest',
        `the body has more than ${MESSAGE_VALUES_MAX} values: send less at once`,
      )
    }
    throw new RpcFault(400, 'parse', 'the body is not JSON', { cause })
  }
}

function invalid(message: string): RpcFault {
  return new RpcFault(400, 'invalidRequest', message)
}

/** As text. What is nested too deeply can be parsed but not written: that is the sender's fault. */
export function serialize(message: RpcMessage): string {
  try {
    return JSON.stringify(message)
  } catch (cause) {
    throw new RpcFault(400, 'invalidRequest', 'the message is nested too deeply', { cause })
  }
}

/** Of an answer that can be parsed but not written. */
export function tooDeep(cause: unknown): RpcFault {
  return new RpcFault(200, 'internal', 'the answer is nested too deeply', { cause })
}

/** Undefined for what is nested too deeply: nobody could read it either. */
export function trySerialize(message: RpcMessage): string | undefined {
  try {
    return JSON.stringify(message)
  } catch {
    return undefined
  }
}

export function paramsOf(message: RpcMessage): JsonObject {
  return isObject(message.params) ? message.params : {}
}

export function metaOf(message: RpcMessage): JsonObject {
  const meta = paramsOf(message)['_meta']
  return isObject(meta) ? meta : {}
}

/** Undefined when the sender does not want to hear of progress (MCP, progress). */
export function progressTokenOf(message: RpcMessage): RpcId | undefined {
  const { progressToken } = metaOf(message)
  return isRpcId(progressToken) ? progressToken : undefined
}
