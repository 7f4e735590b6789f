/** Raw requests without a session (MCP 2026-07-28), with whatever is wrong about them. */

import type { Bridge } from './bridge.ts'
import { type RawOptions, type RpcBody, rpc, send } from './mcp.ts'

export const STATELESS = '2026-07-28'
const PREFIX = 'io.modelcontextprotocol/'

export interface StatelessOptions extends Omit<RawOptions, 'session'> {
  readonly id?: unknown
  /** Members of the envelope, by their short names; undefined takes one out. */
  readonly envelope?: Readonly<Record<string, unknown>>
  /** Of the client. */
  readonly capabilities?: object
  readonly progressToken?: unknown
  /** Beside the envelope. */
  readonly meta?: object
  /** Names of headers that are not sent. */
  readonly without?: readonly string[]
}

export function statelessBody(
  method: string,
  params: object = {},
  options: StatelessOptions = {},
): object {
  const envelope = {
    protocolVersion: STATELESS,
    clientInfo: { name: 'raw', version: '1' },
    clientCapabilities: options.capabilities ?? {},
    ...options.envelope,
  }
  const _meta: Record<string, unknown> = { progressToken: options.progressToken, ...options.meta }
  for (const [name, value] of Object.entries(envelope)) _meta[`${PREFIX}${name}`] = value
  return rpc(method, { ...params, _meta }, options.id ?? 1)
}

/** With the headers that belong to it, unless `headers` or `without` say otherwise. */
export function ask(
  bridge: Pick<Bridge, 'fetch'>,
  service: string,
  method: string,
  params: object = {},
  options: StatelessOptions = {},
): Promise<Response> {
  const { name, uri } = params as { name?: string; uri?: string }
  const named = name ?? uri
  const headers: Record<string, string> = {
    'mcp-protocol-version': STATELESS,
    'mcp-method': method,
    ...(named !== undefined && { 'mcp-name': named }),
    ...options.headers,
  }
  for (const header of options.without ?? []) delete headers[header]
  return send(bridge, service, statelessBody(method, params, options), { ...options, headers })
}

export const callTool = (
  bridge: Pick<Bridge, 'fetch'>,
  service: string,
  name: string,
  args: object = {},
  options: StatelessOptions & { readonly more?: object } = {},
): Promise<Response> =>
  ask(bridge, service, 'tools/call', { name, arguments: args, ...options.more }, options)

/** The text of a tool's answer, as the value it is. */
export function told({ result, error }: RpcBody): unknown {
  const content = result?.['content'] as { text: string }[] | undefined
  const text = content?.[0]?.text
  if (text === undefined) throw new Error(JSON.stringify(error ?? result))
  return JSON.parse(text)
}
