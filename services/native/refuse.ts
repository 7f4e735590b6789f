/** What this server says itself, where no SDK has a word. */

import type { ServerResponse } from 'node:http'

export function refuse(
  response: ServerResponse,
  status: number,
  code: number,
  message: string,
): void {
  const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code, message } })
  response.writeHead(status, { 'content-type': 'application/json' }).end(body)
}
