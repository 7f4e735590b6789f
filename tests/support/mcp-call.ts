/** What an MCP request with this token meets at the edge, without a client around it. */

const INITIALIZE = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1' },
  },
})

export interface EdgeAnswer {
  readonly status: number
  readonly challenge: string | null
}

export async function callService(endpoint: string, accessToken: string): Promise<EdgeAnswer> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${accessToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: INITIALIZE,
  })
  await response.body?.cancel()
  return { status: response.status, challenge: response.headers.get('www-authenticate') }
}
