/** The HTTP edge of the echo service: the bridge's secret, and who answers: each era of the protocol has its SDK. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { equalInConstantTime } from '../../lib/platform/constant-time.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import { afterArrival } from './arrival.ts'
import { isStateless } from './era.ts'
import { refuse } from './refuse.ts'
import { Sessions } from './sessions.ts'
import type { Stateless } from './stateless.ts'
import type { Tool } from './tools/tool.ts'
import { statelessTools } from './tools.ts'

interface Eras {
  readonly sessions: Sessions
  /** Its SDK takes memory: it is loaded when somebody needs it. */
  readonly stateless: () => Promise<Stateless>
}

export function createEchoServer(secret: Secret, tools: readonly Tool[]): Server {
  const eras = createEras(tools)
  const server = createServer((request, response) => {
    const proof = request.headers['x-gateway-edge']
    if (typeof proof !== 'string' || !equalInConstantTime(proof, secret.reveal())) {
      refuse(response, 403, -32000, 'this is not the way in')
      return
    }
    afterArrival(request, () => answer(request, response, eras)).catch(() => {
      // The SDKs answer bad requests themselves: this is a connection that broke.
      response.destroy()
    })
  })
  // Time limits are the bridge's business; a listening stream has no end.
  server.requestTimeout = 0
  return server
}

function createEras(tools: readonly Tool[]): Eras {
  let loading: Promise<Stateless> | undefined
  const load = async (): Promise<Stateless> => {
    const { Stateless } = await import('./stateless.ts')
    return new Stateless(statelessTools(tools))
  }
  return {
    sessions: new Sessions(tools),
    stateless() {
      loading ??= load()
      return loading
    },
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
