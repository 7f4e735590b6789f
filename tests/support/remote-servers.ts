/** MCP servers over HTTP as others make them, on ports of this machine; what reaches them is written down. */

import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import {
  type EventStore,
  StreamableHTTPServerTransport,
} from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { createMcpHandler, McpServer as SecondServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { freePort } from './free-port.ts'

export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

export interface RemoteServerOfTest {
  readonly url: string
  /** In the order in which they came. */
  readonly seen: readonly Seen[]
  /** Cuts every connection and forgets every session, as a restart does. */
  restart?(): void
  stop(): Promise<void>
}

/** Calls that servers were told to give up, by the generation of their SDK. */
export const aborted = { first: 0, second: 0 }

/** A server on this machine. */
export async function serveHttp(
  listener: RequestListener,
  path = '/mcp',
): Promise<RemoteServerOfTest> {
  const seen: Seen[] = []
  // On a machine under load, nobody meets a connection that is just being closed for its idleness.
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const { method = '', url = '', headers } = request
    seen.push({ method, path: url, headers })
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${path}`,
    seen,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** Echoes, counts with progress, asks for a name, changes its list, closes the stream of its own call. */
function createFirst(): McpServer {
  const server = new McpServer(
    { name: 'first', version: '1' },
    { capabilities: { logging: {}, tools: { listChanged: true } } },
  )
  const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] })
  server.registerTool('echo', { inputSchema: { message: z.string() } }, ({ message }) =>
    text(message),
  )
  server.registerTool(
    'count',
    { inputSchema: { to: z.number(), ms: z.number() } },
    async ({ to, ms }, { sendNotification, _meta, signal }) => {
      const progressToken = _meta?.progressToken ?? 0
      for (let progress = 1; progress <= to && !signal.aborted; progress += 1) {
        await sleep(ms)
        const params = { progressToken, progress }
        await sendNotification({ method: 'notifications/progress', params })
      }
      if (signal.aborted) aborted.first += 1
      return text('counted')
    },
  )
  server.registerTool('ask', {}, async () => {
    const schema = { type: 'object' as const, properties: { name: { type: 'string' as const } } }
    const params = { message: 'Who?', requestedSchema: schema }
    const { content } = await server.server.elicitInput(params)
    return text(`hello ${content?.['name']}`)
  })
  server.registerTool('grow', {}, () => {
    server.registerTool(`more-${randomUUID()}`, {}, () => text('more'))
    return text('grown')
  })
  server.registerTool('leave', {}, async (extra) => {
    extra.closeSSEStream?.()
    await sleep(50)
    return text('stayed')
  })
  return server
}

class MemoryEvents implements EventStore {
  readonly #events: { id: string; stream: string; message: unknown }[] = []

  storeEvent(stream: string, message: unknown): Promise<string> {
    const id = String(this.#events.length)
    this.#events.push({ id, stream, message })
    return Promise.resolve(id)
  }

  async replayEventsAfter(
    last: string,
    { send }: { send: (id: string, message: never) => Promise<void> },
  ): Promise<string> {
    const found = this.#events[Number(last)]
    if (found === undefined) throw new Error('no such event')
    for (const { id, stream, message } of this.#events.slice(Number(last) + 1)) {
      if (stream === found.stream) await send(id, message as never)
    }
    return found.stream
  }
}

export interface FirstOptions {
  /** Answers as JSON alone. */
  readonly json?: boolean
  /** Answers that are cut off can be taken up again. */
  readonly resumable?: boolean
}

/** Streamable HTTP with sessions, by the SDK of the first generation. */
export async function serveFirst({
  json = false,
  resumable = false,
}: FirstOptions = {}): Promise<RemoteServerOfTest> {
  const sessions = new Map<string, StreamableHTTPServerTransport>()
  const served = await serveHttp(async (request, response) => {
    const id = request.headers['mcp-session-id']
    const known = typeof id === 'string' ? sessions.get(id) : undefined
    if (id !== undefined && known === undefined) {
      response.writeHead(404).end()
      return
    }
    const transport =
      known ??
      new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        enableJsonResponse: json,
        onsessioninitialized: (own) => void sessions.set(own, transport),
        onsessionclosed: (own) => void sessions.delete(own),
        ...(resumable && { eventStore: new MemoryEvents(), retryInterval: 50 }),
      })
    // biome-ignore lint/suspicious/noExplicitAny: the SDK's own types do not fit exactOptionalPropertyTypes.
    if (known === undefined) await createFirst().connect(transport as any)
    await transport.handleRequest(request, response)
  })
  return {
    ...served,
    restart: () => sessions.clear(),
  }
}

/** HTTP with SSE of 2024-11-05. */
export async function serveSse(): Promise<RemoteServerOfTest> {
  const sessions = new Map<string, SSEServerTransport>()
  return await serveHttp(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
    if (request.method === 'GET' && pathname === '/sse') {
      const transport = new SSEServerTransport('/messages', response)
      sessions.set(transport.sessionId, transport)
      await createFirst().connect(transport)
      return
    }
    const session = sessions.get(searchParams.get('sessionId') ?? '')
    if (request.method === 'POST' && pathname === '/messages' && session !== undefined) {
      await session.handlePostMessage(request, response)
    } else response.writeHead(404).end('Not Found')
  }, '/sse')
}

function createSecond(): SecondServer {
  const server = new SecondServer(
    { name: 'second', version: '1' },
    { capabilities: { logging: {}, tools: { listChanged: true } } },
  )
  const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] })
  server.registerTool('echo', { inputSchema: z.object({ message: z.string() }) }, ({ message }) =>
    text(message),
  )
  server.registerTool(
    'in-region',
    {
      inputSchema: z.object({
        region: z.string().meta({ 'x-mcp-header': 'Region' }),
        query: z.string(),
      }),
    },
    ({ region, query }) => text(`${query} in ${region}`),
  )
  server.registerTool(
    'count',
    { inputSchema: z.object({ to: z.number(), ms: z.number() }) },
    async ({ to, ms }, { mcpReq }) => {
      mcpReq.signal.addEventListener('abort', () => {
        aborted.second += 1
      })
      const progressToken = mcpReq._meta?.progressToken ?? 0
      for (let progress = 1; progress <= to && !mcpReq.signal.aborted; progress += 1) {
        await sleep(ms)
        const params = { progressToken, progress }
        // Whoever has left cannot be told.
        await mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {})
      }
      return text('counted')
    },
  )
  return server
}

export interface Second extends RemoteServerOfTest {
  readonly handler: ReturnType<typeof createMcpHandler>
}

/** Without sessions, by the SDK of the second generation; beside it what came before, unless refused. */
export async function serveSecond(legacy: 'stateless' | 'reject' = 'stateless'): Promise<Second> {
  const handler = createMcpHandler(createSecond, { legacy })
  const served = await serveHttp(async (request, response) => {
    await answerWith(handler.fetch, request, response)
  })
  return { ...served, handler }
}

async function answerWith(
  fetch: (request: Request) => Promise<Response>,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const end = new AbortController()
  response.once('close', () => end.abort())
  const { method = 'GET', url = '', headers } = incoming
  const body = method === 'POST' ? await readBody(incoming) : undefined
  const request = new Request(new URL(url, 'http://127.0.0.1'), {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    ...(body !== undefined && { body }),
    signal: end.signal,
  })
  try {
    const answer = await fetch(request)
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.flushHeaders()
    for await (const chunk of answer.body ?? []) response.write(chunk)
    response.end()
  } catch {
    response.destroy()
  }
}

const EVERYTHING = join(
  import.meta.dirname,
  '../../node_modules/@modelcontextprotocol/server-everything/dist/index.js',
)

/** The reference server, as people start it. */
export async function serveEverything(
  transport: 'streamableHttp' | 'sse',
): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort()
  const child: ChildProcess = spawn(process.execPath, [EVERYTHING, transport], {
    env: { PATH: process.env['PATH'], PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  if (child.stderr === null) throw new Error('no output')
  for await (const line of createInterface(child.stderr)) if (line.includes(String(port))) break
  child.stderr.resume()
  return {
    url: `http://localhost:${port}/${transport === 'sse' ? 'sse' : 'mcp'}`,
    async stop() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}
