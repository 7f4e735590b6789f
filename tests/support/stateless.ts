/** Raw requests of a client of 2026-07-28: the envelope, and the headers that mirror it. */

import type { Bridge, Caller } from './bridge.ts'
import { type RpcBody, rpc, send } from './mcp.ts'

export const STATELESS = '2026-07-28'
const META = 'io.modelcontextprotocol/'

export interface StatelessOptions {
  readonly id?: string | number
  readonly capabilities?: object
  readonly name?: string
  readonly logLevel?: unknown
  /** Beside the envelope. */
  readonly meta?: object
  readonly caller?: Caller
  readonly signal?: AbortSignal
}

export function statelessSend(
  bridge: Pick<Bridge, 'fetch'>,
  service: string,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
  options: StatelessOptions = {},
): Promise<Response> {
  const { id = 1, capabilities = {}, name = 'raw', logLevel, meta, caller, signal } = options
  const _meta = {
    [`${META}protocolVersion`]: STATELESS,
    [`${META}clientInfo`]: { name, version: '1' },
    [`${META}clientCapabilities`]: capabilities,
    ...(logLevel !== undefined && { [`${META}logLevel`]: logLevel }),
    ...meta,
  }
  const named = params['name'] ?? params['uri']
  const headers: Record<string, string> = {
    'mcp-protocol-version': STATELESS,
    'mcp-method': method,
    ...(typeof named === 'string' && { 'mcp-name': named }),
  }
  return send(bridge, service, rpc(method, { ...params, _meta }, id), {
    headers,
    ...(caller && { caller }),
    ...(signal && { signal }),
  })
}

/** The text of a tool's answer, as the value it is. */
export function told({ result, error }: RpcBody): unknown {
  const content = result?.['content'] as { text: string }[] | undefined
  const text = content?.[0]?.text
  if (text === undefined) throw new Error(JSON.stringify(error ?? result))
  return JSON.parse(text)
}
