/** MCP requests of both eras, by hand: what a check sends has to be known to the byte. */

import type { McpSession } from '../model/facts.ts'
import { headersOf, keepSecret, type Visit } from '../model/visit.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import { recordOf } from './words.ts'

const META = 'io.modelcontextprotocol'
const CLIENT_INFO = { name: 'gateway-doctor', version: '1' }
const BOTH_TYPES = 'application/json, text/event-stream'
/** What a client of the era with sessions asks for, when the newer one found nobody. */
export const SESSION_VERSION = '2025-11-25'

export interface RpcAnswer {
  readonly http: HttpAnswer
  /** Of a success by HTTP too: nobody reads it else. */
  readonly result: Readonly<Record<string, unknown>> | undefined
  readonly error: { readonly code?: unknown; readonly message?: unknown } | undefined
}

interface RpcCall {
  readonly method: string
  readonly params?: Readonly<Record<string, unknown>>
  readonly session?: McpSession
}

let lastId = 0

/** `method` with the token of the visit, if it has one. */
export async function call(
  visit: Visit,
  { method, params = {}, session }: RpcCall,
): Promise<RpcAnswer> {
  lastId += 1
  const id = `doctor-${lastId}`
  const isStateless = session?.era === 'discover'
  const envelope = isStateless ? { _meta: envelopeOf(session.version) } : {}
  const body = JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, ...envelope } })
  const named = isStateless ? routingHeaders(method, params) : {}
  const http = await visit.http({
    ...post(visit, body),
    headers: { ...mcpHeaders(visit, session), ...named },
    untilId: id,
  })
  const message = http.messages.find(
    (one): one is { id: string; result?: unknown; error?: unknown } =>
      (one as { id?: unknown } | null)?.id === id,
  )
  const result = http.status < 300 ? recordOf(message?.result) : undefined
  return { http, result, error: recordOf(message?.error) }
}

/** @returns the answer, which has no body to speak of. */
export async function notify(
  visit: Visit,
  method: string,
  session: McpSession,
): Promise<HttpAnswer> {
  const body = JSON.stringify({ jsonrpc: '2.0', method })
  return await visit.http({ ...post(visit, body), headers: mcpHeaders(visit, session) })
}

/** DELETE, as the Streamable HTTP transport ends a session. */
export async function endSession(visit: Visit, session: McpSession): Promise<HttpAnswer> {
  const { accept: _, 'content-type': __, ...headers } = mcpHeaders(visit, session)
  return await visit.http({ url: visit.url, method: 'DELETE', headers })
}

export function initializeParams(version: string): Record<string, unknown> {
  return { protocolVersion: version, capabilities: {}, clientInfo: CLIENT_INFO }
}

/** A request that starts nothing: whether a token is let in shows before anybody reads it. */
export function knock(
  visit: Visit,
  {
    method = 'POST',
    token,
    headers = {},
  }: { method?: string; token?: string; headers?: Readonly<Record<string, string>> } = {},
): Promise<HttpAnswer> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const all = { ...headersOf(visit), ...headers, ...authorization }
  const body = JSON.stringify({ jsonrpc: '2.0', id: 'knock', method: 'ping' })
  const request: HttpRequest =
    method === 'POST'
      ? {
          ...post(visit, body),
          headers: { ...all, accept: BOTH_TYPES, 'content-type': 'application/json' },
          untilId: 'knock',
        }
      : { url: visit.url, method, headers: { ...all, accept: 'text/event-stream' }, headOnly: true }
  return visit.http(request)
}

export function mcpHeaders(visit: Visit, session: McpSession | undefined): Record<string, string> {
  const token = visit.facts.tokens?.accessToken
  return {
    ...headersOf(visit),
    ...visit.client.mcpHeaders,
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(session !== undefined && { 'mcp-protocol-version': session.version }),
    ...(session?.id !== undefined && { 'mcp-session-id': keepSecret(visit, session.id) }),
    accept: BOTH_TYPES,
    'content-type': 'application/json',
  }
}

function post({ url }: Visit, body: string): HttpRequest {
  return { url, method: 'POST', body }
}

function envelopeOf(version: string): Record<string, unknown> {
  return {
    [`${META}/protocolVersion`]: version,
    [`${META}/clientInfo`]: CLIENT_INFO,
    [`${META}/clientCapabilities`]: {},
  }
}

/** So that whoever stands between can see what is called without reading the body. */
function routingHeaders(
  method: string,
  { name }: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return { 'mcp-method': method, ...(typeof name === 'string' && { 'mcp-name': name }) }
}
