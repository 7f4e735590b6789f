/** One MCP request at the edge, to see whether a token opens it. */

import { type HttpResponse, type Send, sendOverNetwork } from './http.ts'

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
}

export function initialize(
  endpoint: string,
  token: string,
  send: Send = sendOverNetwork,
): Promise<HttpResponse> {
  return send({
    url: endpoint,
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify(INITIALIZE),
  })
}

export interface EdgeAnswer {
  readonly status: number
  readonly challenge: string | null
}

export async function callService(endpoint: string, accessToken: string): Promise<EdgeAnswer> {
  const { status, headers } = await initialize(endpoint, accessToken)
  return { status, challenge: headers.get('www-authenticate') }
}
