/** The HTTP edge of a server of ours: the bridge's secret, and who answers: each era of the protocol has its SDK. */

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import { createServer, EDGE_HEADER_BYTES_MAX } from '../../lib/platform/node-http.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import { afterArrival } from './arrival.ts'
import { isStateless } from './era.ts'
import { refuse } from './refuse.ts'

/** Answers requests of one era. `body`: where it has been read. */
export interface Answers {
  answer(request: IncomingMessage, response: ServerResponse, body?: unknown): Promise<void>
}

export interface Eras {
  readonly sessions: Answers
  /** Its SDK takes memory: it is loaded when somebody needs it. */
  readonly stateless: () => Promise<Answers>
}

export function createNativeServer(secret: Secret, eras: Eras): Server {
  const once = { sessions: eras.sessions, stateless: loadedOnce(eras.stateless) }
  const server = createServer({ maxHeaderSize: EDGE_HEADER_BYTES_MAX }, (request, response) => {
    const proof = request.headers['x-gateway-edge']
    if (typeof proof !== 'string' || !equalInConstantTime(proof, secret.reveal())) {
      refuse(response, 403, -32000, 'this is not the way in')
      return
    }
    afterArrival(request, () => answer(request, response, once)).catch(() => {
      // The SDKs answer bad requests themselves: this is a connection that broke.
      response.destroy()
    })
  })
  // Time limits are the bridge's business; a listening stream has no end.
  server.requestTimeout = 0
  return server
}

function loadedOnce(load: () => Promise<Answers>): () => Promise<Answers> {
  let loading: Promise<Answers> | undefined
  return () => {
    loading ??= load()
    return loading
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { sessions, stateless }: Eras,
): Promise<void> {
  const { method, headers } = request
  if (method !== 'POST' || headers['mcp-session-id'] !== undefined) {
    await sessions.answer(request, response)
    return
  }
  // The bridge bounds it.
  const body = parse(await text(request))
  if (body === undefined) refuse(response, 400, -32700, 'the body is not JSON')
  else if (isStateless(body)) await (await stateless()).answer(request, response, body)
  else await sessions.answer(request, response, body)
}

/** Undefined for what is no JSON. */
function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
