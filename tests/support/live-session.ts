/** A session on a socket of its own in front of a server that does what the test says. */

import { mkdtempSync } from 'node:fs'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { JsonObject } from '../../lib/platform/json.ts'
import { listenOnSocket } from '../../lib/platform/unix-socket.ts'
import { Admission } from '../../mcp-bridge/admission.ts'
import type { RpcMessage } from '../../mcp-bridge/json-rpc.ts'
import { LiveSession } from '../../mcp-bridge/live-session.ts'
import type { Call } from '../../mcp-bridge/runner/process-user.ts'
import type { ServerProcess } from '../../mcp-bridge/runner/server-process.ts'
import { Ticker } from '../../mcp-bridge/ticker.ts'
import { Unread } from '../../mcp-bridge/unread.ts'

const IDENTITY = {
  userId: 'dev:ann',
  userName: 'ann',
  clientId: 'client',
  scopes: [],
  grantId: 'grant',
  tokenId: 'token',
  expiresAt: 4_000_000_000,
}

export interface SessionOptions {
  readonly capabilities?: JsonObject
  readonly keepAliveMs?: number
  readonly secondMs?: number
  readonly user?: string
  /** What waits to be read by clients of several sessions. */
  readonly unread?: Unread
}

/** The process notes what it is told; GET listens, POST calls. */
export async function startSession(t: ExecutionContext, options: SessionOptions = {}) {
  const told = { relieved: 0, passed: [] as RpcMessage[] }
  const calls: Call[] = []
  const process = {
    request: (_: unknown, call: Call) => void calls.push(call),
    pass: (message: RpcMessage) => void told.passed.push(message),
    relieved: () => {
      told.relieved += 1
    },
  } as unknown as ServerProcess
  const { keepAliveMs = 15_000, secondMs = 1000, capabilities = {} } = options
  const tickers = [new Ticker(keepAliveMs), new Ticker(50), new Ticker(secondMs)]
  const [keepAlive, firstBytes, seconds] = tickers as [Ticker, Ticker, Ticker]
  const budget = { bytes: 0 }
  const { user = 'dev:ann', unread = new Unread() } = options
  const session = new LiveSession({
    id: 'id',
    owner: { user, client: 'client', service: 'svc' },
    capabilities,
    ports: { keepAlive, firstBytes, seconds, budget, budgets: new Map(), unread },
    onEnd: () => {},
  })
  session.begin(process, () => {})
  session.streams.revision = '2025-11-25'
  const admission = () => new Admission({ identity: IDENTITY, cut: () => {}, onOver: () => {} }, 0)
  const accepted = { json: true, stream: true }
  const server = createServer((request, response) => {
    const { 'last-event-id': lastEventId } = request.headers
    const call = { jsonrpc: '2.0' as const, id: 1, method: 'work' }
    if (request.method === 'POST') {
      session.post({ messages: [call], isBatch: false }, response, accepted, admission())
    } else if (lastEventId === undefined) session.listen(response)
    else session.resume(String(lastEventId), response)
  })
  const socketPath = join(mkdtempSync(join(tmpdir(), 'slow-')), 's')
  await listenOnSocket(server, socketPath)
  t.teardown(() => {
    for (const ticker of tickers) ticker.stop()
    server.close()
    server.closeAllConnections()
  })
  /** An answer of which nothing is read until somebody does. */
  const ask = async (method: string, headers: Record<string, string> = {}) => {
    const request = httpRequest({ socketPath, method, headers, agent: false })
    request.on('error', () => {})
    const answer = new Promise<IncomingMessage>((resolve) => request.once('response', resolve))
    request.end()
    return await answer
  }
  const say = (bytes: number): void =>
    session.deliver(
      { jsonrpc: '2.0', method: 'notifications/message', params: { data: 'x'.repeat(bytes) } },
      undefined,
    )
  return { session, budget, told, calls, ask, say }
}

export async function until(isDone: () => boolean): Promise<void> {
  for (let time = 0; time < 400 && !isDone(); time += 1) await sleep(25)
}
