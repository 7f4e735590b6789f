/**
 * The span of one HTTP request, and how it travels on: in `_meta` of each request that it brings
 * (MCP SEP-414), as the header ends here.
 *
 * The caller's own `traceparent` in `_meta` is replaced, and becomes a link: nobody but the edge decides which
 * traces are recorded. Names follow OpenTelemetry's conventions for MCP; arguments and addresses of resources are
 * in no span, nor is who asked: the id of the request leads to the log, which says it.
 */

import { isObject } from '../lib/platform/json.ts'
import { REQUEST_ID_HEADER } from '../lib/platform/log.ts'
import {
  isTraceparent,
  type Span,
  type SpanAttributes,
  TRACEPARENT,
  type Tracing,
} from '../lib/platform/tracing/tracing.ts'
import { type Exchange, headerOf, REVISION_HEADER } from './exchange.ts'
import {
  isRequest,
  metaOf,
  type ParsedBody,
  paramsOf,
  type RpcId,
  type RpcMessage,
} from './json-rpc.ts'
import { AUDIT_TEXT_CHARACTERS_MAX } from './limits.ts'
import { CALL_TOOL } from './methods.ts'

const PROMPTS_GET = 'prompts/get'

/** Ends with the answer. */
export function traceExchange(exchange: Exchange, tracing: Tracing): Span {
  const { request, response, service } = exchange
  const method = request.method ?? ''
  const span = tracing.start(method, {
    kind: 'server',
    parent: headerOf(request, TRACEPARENT),
    attributes: {
      'http.request.method': method,
      'mcp_gateway.request': headerOf(request, REQUEST_ID_HEADER),
      'mcp_gateway.service': service.name,
      'mcp.protocol.version': headerOf(request, REVISION_HEADER),
    },
  })
  response.once('close', () => {
    const status = response.statusCode
    span.set({ 'http.response.status_code': status })
    const ended = exchange.admission.withdrawal?.options.data?.['reason']
    if (status >= 500) span.fail(String(status))
    else if (ended !== undefined) span.fail(String(ended))
    span.end()
  })
  return span
}

/** Says what the body asks for, and makes the span the parent of whatever comes of it. */
export function carry(span: Span, body: ParsedBody): ParsedBody {
  const [first, ...rest] = body.messages
  span.rename(body.isBatch ? 'batch' : nameOf(first))
  if (!body.isBatch) span.set(attributesOf(first))
  for (const message of body.messages) {
    const callers = metaOf(message)[TRACEPARENT]
    if (isTraceparent(callers)) span.link(callers)
  }
  return {
    ...body,
    messages: [withTraceparent(first, span), ...rest.map((one) => withTraceparent(one, span))],
  }
}

/** `tools/call echo`, or the method alone; an answer to a server has none. */
export function nameOf(message: RpcMessage): string {
  const { method = 'response' } = message
  const target = targetOf(message)
  return target === undefined ? shown(method) : `${shown(method)} ${target}`
}

export function attributesOf(message: RpcMessage): SpanAttributes {
  const { method } = message
  const target = targetOf(message)
  return {
    'mcp.method.name': method === undefined ? undefined : shown(method),
    'jsonrpc.request.id': isRequest(message) ? shown(textOf(message.id)) : undefined,
    'gen_ai.operation.name': method === CALL_TOOL ? 'execute_tool' : undefined,
    'gen_ai.tool.name': method === CALL_TOOL ? target : undefined,
    'gen_ai.prompt.name': method === PROMPTS_GET ? target : undefined,
  }
}

function textOf(id: RpcId): string {
  return typeof id === 'string' ? id : JSON.stringify(id)
}

/** In the place of whatever stood there; what is no request stays as it is. */
export function withTraceparent(message: RpcMessage, { traceparent }: Span): RpcMessage {
  if (!isRequest(message) || !(message.params === undefined || isObject(message.params))) {
    return message
  }
  const _meta = { ...metaOf(message), [TRACEPARENT]: traceparent }
  return { ...message, params: { ...paramsOf(message), _meta } }
}

function targetOf(message: RpcMessage): string | undefined {
  if (message.method !== CALL_TOOL && message.method !== PROMPTS_GET) return undefined
  const { name } = paramsOf(message)
  return typeof name === 'string' ? shown(name) : undefined
}

/** Names come from clients. */
function shown(text: string): string {
  return text.slice(0, AUDIT_TEXT_CHARACTERS_MAX)
}
