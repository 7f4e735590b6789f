/** One MCP request at the edge, to see whether a token opens it. */

import { setTimeout as sleep } from 'node:timers/promises'
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

/** How long the memory of the edge may be behind the store. */
const REVOCATION_MS_MAX = 2000

/**
 * What is answered once a revocation has reached the edge: asked again while it still lets through, for as
 * long as the edge may. Mostly the first answer is the one.
 */
export async function onceRevoked<T extends { readonly status: number }>(
  ask: () => Promise<T>,
): Promise<T> {
  const until = Date.now() + REVOCATION_MS_MAX
  for (;;) {
    const answer = await ask()
    if (answer.status === 401 || Date.now() > until) return answer
    await sleep(5)
  }
}
