/** What the bridge has to say about tools: each exchange asks once, before a server is given anything of it. */

import type { ToolRules } from '../../lib/catalogue/tool-rules.ts'
import { formatChallenge } from '../../lib/oauth/challenge.ts'
import { formatScope } from '../../lib/oauth/scope.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import { type AddressPolicy, lastHop, toKeptAddress } from '../../lib/platform/kept-address.ts'
import { REQUEST_ID_HEADER } from '../../lib/platform/log.ts'
import type { AuditTrail } from '../../lib/store/audit.ts'
import { type Exchange, headerOf } from '../exchange.ts'
import {
  isRequest,
  type ParsedBody,
  paramsOf,
  RpcFault,
  type RpcMessage,
  serialize,
} from '../json-rpc.ts'
import { AUDIT_TEXT_CHARACTERS_MAX } from '../limits.ts'
import { CALL_TOOL, LIST_TOOLS } from '../methods.ts'
import { AnswerReader } from './answer-reader.ts'
import { judge, toolOf, type Verdict } from './judge.ts'
import { toKeptArguments } from './kept-arguments.ts'
import { type Begun, Listing, ToolCall, type Watched, type WatchedCall } from './watched-call.ts'

export interface ToolsPorts {
  readonly trail: AuditTrail
  /** Where a service's metadata are, for who needs more scopes. */
  readonly metadataUrlOf: (service: string) => string
  /** How much of a caller's address the audit log keeps. */
  readonly addresses: AddressPolicy
  readonly clock: Clock
}

/** What of an exchange counts here. */
export type Asking = Pick<Exchange, 'request' | 'service' | 'identity' | 'body' | 'tool'>

export class Tools {
  readonly #ports: ToolsPorts

  constructor(ports: ToolsPorts) {
    this.#ports = ports
  }

  /** What reads answers that pass through as text; undefined when nothing in them is watched. */
  reader({ service, identity }: Asking, watched?: Watched): AnswerReader | undefined {
    const { tools } = service
    if (watched === undefined && tools === undefined) return undefined
    return new AnswerReader(watched, tools && new Listing(tools, identity.scopes))
  }

  /**
   * The requests whose answers are to be watched; undefined when there are none.
   * @throws RpcFault for a body with a message that must not reach the server: none of it does.
   */
  admit(exchange: Asking, body: ParsedBody): Watched | undefined {
    const { messages } = body
    const [first] = messages
    if (!body.isBatch && first.method === CALL_TOOL) exchange.tool = shown(toolOf(first))
    const { tools: rules } = exchange.service
    if (rules !== undefined) this.#assertAllowed(rules, exchange, body)
    let watched: Map<RpcMessage, WatchedCall> | undefined
    for (const message of messages) {
      const call = this.#watch(exchange, message, body)
      if (call === undefined) continue
      watched ??= new Map()
      watched.set(message, call)
    }
    return watched
  }

  /** Resolves when every record has been written, or could not be. */
  flush(): Promise<void> {
    return this.#ports.trail.flush()
  }

  #assertAllowed(rules: ToolRules, exchange: Asking, body: ParsedBody): void {
    const verdict = judge(rules, exchange.identity.scopes, body.messages)
    if (verdict.kind === 'pass') return
    for (const message of body.messages) {
      if (message.method === CALL_TOOL) this.#denied(exchange, message, body)
    }
    throw this.#toFault(verdict, exchange, body)
  }

  #toFault(
    verdict: Exclude<Verdict, { kind: 'pass' }>,
    { service, identity }: Asking,
    { isBatch }: ParsedBody,
  ): RpcFault {
    if (verdict.kind === 'unknown') return toUnknown(verdict.message, isBatch)
    const { missing } = verdict
    const challenge = formatChallenge({
      resourceMetadata: this.#ports.metadataUrlOf(service.name),
      scope: formatScope(new Set([...identity.scopes, ...missing])),
      error: { code: 'insufficient_scope', description: 'this tool needs a further scope' },
    })
    const message = `this tool needs a further scope: ${formatScope(missing)}`
    return new RpcFault(403, 'refused', message, {
      data: { error: 'insufficient_scope', scope: formatScope(missing) },
      headers: { 'www-authenticate': challenge },
    })
  }

  #watch(exchange: Asking, message: RpcMessage, body: ParsedBody): WatchedCall | undefined {
    const { service, identity } = exchange
    if (message.method === CALL_TOOL) {
      return new ToolCall(this.#ports.trail, this.#begin(exchange, message, body))
    }
    if (service.tools === undefined || message.method !== LIST_TOOLS || !isRequest(message)) return
    return new Listing(service.tools, identity.scopes)
  }

  #denied(exchange: Asking, message: RpcMessage, body: ParsedBody): void {
    this.#ports.trail.append({
      ...this.#begin(exchange, message, body),
      outcome: 'denied',
      duration_ms: 0,
    })
  }

  #begin(exchange: Asking, message: RpcMessage, { isBatch }: ParsedBody): Begun {
    const { request, service, identity, body } = exchange
    const bytes = body?.length ?? 0
    return {
      at: this.#ports.clock(),
      room: 'mcp-bridge',
      action: CALL_TOOL,
      user: identity.userId,
      client_id: identity.clientId,
      service: service.name,
      target: shown(toolOf(message)),
      request_id: headerOf(request, REQUEST_ID_HEADER),
      address: toKeptAddress(lastHop(headerOf(request, 'x-forwarded-for')), this.#ports.addresses),
      details: {
        request_bytes: isBatch ? Buffer.byteLength(serialize(message)) : bytes,
        arguments:
          service.audit === 'arguments'
            ? toKeptArguments(paramsOf(message)['arguments'], bytes)
            : undefined,
      },
    }
  }
}

/** As a server says it of a tool that it does not have (MCP, tools, error handling). */
function toUnknown(message: RpcMessage, isBatch: boolean): RpcFault {
  const options = isRequest(message) ? { id: message.id } : {}
  const name = shown(toolOf(message))
  const what = name === undefined ? 'the call names no tool' : `Unknown tool: ${name}`
  return isBatch
    ? new RpcFault(400, 'invalidParams', `${what}: nothing of the batch was done`, options)
    : new RpcFault(200, 'invalidParams', what, options)
}

/** Names come from clients: one of a mebibyte is not repeated everywhere. */
function shown(name: string | undefined): string | undefined {
  return name?.slice(0, AUDIT_TEXT_CHARACTERS_MAX)
}
