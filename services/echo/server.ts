/** The HTTP edge of the echo service: the bridge's secret, and who answers: each era of the protocol has its SDK. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import { isStateless } from './era.ts'
import { refuse } from './refuse.ts'
import { Sessions } from './sessions.ts'

export function createEchoServer(secret: Secret): Server {
  const sessions = new Sessions()
  const server = createServer((request, response) => {
    const proof = request.headers['x-gateway-edge']
    if (typeof proof !== 'string' || !equalInConstantTime(proof, secret.reveal())) {
      refuse(response, 403, -32000, 'this is not the way in')
      return
    }
    answer(request, response, sessions).catch(() => {
      // The SDKs answer bad requests themselves: this is a connection that broke.
      response.destroy()
    })
  })
  // Time limits are the bridge's business; a listening stream has no end.
  server.requestTimeout = 0
  return server
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  sessions: Sessions,
): Promise<void> {
  const { method, headers } = request
  if (method !== 'POST' || headers['mcp-session-id'] !== undefined) {
    await sessions.answer(request, response)
    return
  }
  // The bridge bounds it.
  const body = parse(await text(request))
  if (body === undefined) refuse(response, 400, -32700, 'the body is not JSON')
  else if (isStateless(body)) await answerStateless(request, response, body)
  else await sessions.answer(request, response, body)
}

/** The SDK of that era takes memory: it is loaded for whom it is needed. */
async function answerStateless(
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
): Promise<void> {
  const stateless = await import('./stateless.ts')
  await stateless.answerStateless(request, response, body)
}

/** Undefined for what is no JSON. */
function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
