/** One HTTP request on its way through the bridge: what is known of it, and how it fails. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Service } from '../lib/catalogue/service.ts'
import type { Identity } from '../lib/oauth/identity-headers.ts'
import type { JsonObject } from '../lib/platform/json.ts'
import { type Log, REQUEST_ID_HEADER } from '../lib/platform/log.ts'
import type { Span } from '../lib/platform/tracing/tracing.ts'
import type { Admission } from './admission.ts'
import {
  type ParsedBody,
  type RpcFault,
  type RpcId,
  type RpcMessage,
  serialize,
} from './json-rpc.ts'
import type { RequestFacts } from './request-figures.ts'
import type { SessionCaller, SessionOwner } from './sessions.ts'
import type { StatelessAnswer } from './stateless/stateless-answer.ts'

export const SESSION_HEADER = 'mcp-session-id'
export const REVISION_HEADER = 'mcp-protocol-version'

export interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly identity: Identity
  readonly service: Service
  readonly admission: Admission
  /** Undefined where traces are off. */
  span?: Span
  /** Once it has been read. */
  body?: Buffer
  /** What the body brings, once that has been read too. */
  parsed?: ParsedBody
  /** Where it has no session, once one is being prepared. */
  answer?: StatelessAnswer
  /** What the body asks first. */
  asked?: RpcMessage
  /** The tool that it calls, for the log. */
  tool?: string | undefined
  /** Ids of the requests it brings. */
  calls?: readonly RpcId[]
  /** The request's id, for an answer that refuses it. */
  rpcId?: RpcId
}

export function ownerOf({ identity, service }: Exchange): SessionOwner {
  return { user: identity.userId, client: identity.clientId, service: service.name }
}

export function callerOf(exchange: Exchange): SessionCaller {
  return { ...ownerOf(exchange), grantId: exchange.identity.grantId }
}

export function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Answers with the fault, or ends an answer that has begun. */
export function sendFault(
  response: ServerResponse,
  fault: RpcFault,
  id?: RpcId,
  more?: JsonObject,
): void {
  if (response.headersSent) {
    response.end()
    return
  }
  const body = serialize(fault.toResponse(fault.options.id ?? id ?? null, more))
  const headers = { 'content-type': 'application/json', ...fault.options.headers }
  response.writeHead(fault.status, headers).end(body)
}

export interface ExchangeWatchers {
  readonly log: Log
  readonly countRequest: (facts: RequestFacts) => void
}

/** One line for each request, when it is over, and its figures. Bodies are in neither. */
export function watchExchange(exchange: Exchange, { log, countRequest }: ExchangeWatchers): void {
  const { request, response, identity, service } = exchange
  // A stream lasts for hours: no clock that somebody sets.
  const startedAt = performance.now()
  response.once('close', () => {
    const durationMs = performance.now() - startedAt
    countRequest({
      service: service.name,
      httpMethod: request.method,
      status: response.statusCode,
      seconds: durationMs / 1000,
    })
    log.info(
      {
        request_id: headerOf(request, REQUEST_ID_HEADER),
        user: identity.userId,
        client_id: identity.clientId,
        service: service.name,
        http_method: request.method,
        method: exchange.asked?.method,
        tool: exchange.tool,
        status: response.statusCode,
        ended: exchange.admission.withdrawal?.options.data?.['reason'],
        duration_ms: Math.round(durationMs),
      },
      'request',
    )
  })
}
