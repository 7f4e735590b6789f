/**
 * A model that has one idea: it calls `whoami` where that is offered, and tells what it was offered and answered.
 * It speaks the APIs that agents speak, over a socket: what cannot be had here is its mind, not its protocol.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { anthropic } from './anthropic.ts'
import { completions } from './completions.ts'
import type { Answer, Dialect, Json, Turn } from './dialect.ts'
import { gemini } from './gemini.ts'
import { responses } from './responses.ts'

const DIALECTS: readonly Dialect[] = [anthropic, responses, completions, gemini]

export interface FakeModel {
  readonly url: string
  /** The tools that were offered last. */
  offered(): readonly string[]
  /** What was asked of it: for whoever wonders why a client does not go on. */
  readonly paths: readonly string[]
  stop(): void
}

export async function startFakeModel(): Promise<FakeModel> {
  const paths: string[] = []
  let offered: readonly string[] = []
  const hear = (turn: Turn): Answer => {
    offered = turn.tools
    return decide(turn)
  }
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`)
    answer(request, response, hear).catch((error: unknown) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: String(error) } }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    paths,
    offered: () => offered,
    stop() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  hear: (turn: Turn) => Answer,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const dialect = DIALECTS.find(({ asks }) => asks(pathname))
  if (request.method !== 'POST' || dialect === undefined) {
    // Lists of models, counts of tokens, figures: nobody needs them to go on.
    request.resume()
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{}}')
    return
  }
  const body = (await json(request)) as Json
  const events = dialect.write(hear(dialect.read(body)))
  const isStream = body['stream'] === true || searchParams.get('alt') === 'sse'
  if (!isStream) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(events[0]?.data))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const { event, data } of events) {
    const name = event === undefined ? '' : `event: ${event}\n`
    response.write(`${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
  }
  response.end()
}

function decide({ tools, result }: Turn): Answer {
  if (result !== undefined) return { text: `answered: ${result}` }
  const tool = tools.find((name) => name.includes('whoami'))
  return tool === undefined ? { text: 'no such tool is offered' } : { tool }
}
