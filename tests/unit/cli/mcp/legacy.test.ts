/** Servers of 2024-11-05 that do not open their stream, or lose it. */

import type { ServerResponse } from 'node:http'
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import test, { type ExecutionContext } from 'ava'
import { openBridge } from '../../../../cli/mcp/bridge/bridge.ts'
import type { LegacyTransport } from '../../../../cli/mcp/session/legacy-transport.ts'
import { createLegacyTransport, createTransport } from '../../../../cli/mcp/session/transport.ts'
import { readBody, serveHttp } from '../../../support/remote-servers.ts'

const tokens = {
  current: () => Promise.resolve(undefined),
  replace: () => Promise.resolve(undefined),
}

const initialize: JSONRPCMessage = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2024-11-05',
    capabilities: {},
    clientInfo: { name: 'a', version: '1' },
  },
}
const ping = (id: number): JSONRPCMessage => ({ jsonrpc: '2.0', id, method: 'ping' })

/** Answers everything but what `isHeard` leaves out. */
async function makeWorld(t: ExecutionContext, opens: boolean) {
  const streams: ServerResponse[] = []
  const state = { isDeaf: false }
  const server = await serveHttp(async (request, response) => {
    if (request.method === 'GET') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(
        opens ? `event: endpoint\ndata: /messages?n=${streams.length}\n\n` : ': nothing\n\n',
      )
      streams.push(response)
      return
    }
    if (!request.url?.startsWith('/messages')) return void response.writeHead(405).end()
    const { id, method } = JSON.parse(await readBody(request))
    response.writeHead(202).end()
    if (id === undefined || state.isDeaf) return
    const result = method === 'initialize' ? INITIALIZED : {}
    streams.at(-1)?.write(`data: ${JSON.stringify({ jsonrpc: '2.0', id, result })}\n\n`)
  })
  t.teardown(() => server.stop())
  const heard: JSONRPCMessage[] = []
  const legacy: LegacyTransport[] = []
  const bridge = await openBridge({
    createTransport: () => createTransport(server.url, tokens),
    createLegacyTransport() {
      const made = createLegacyTransport(server.url, tokens, { openingMs: opens ? 5000 : 200 })
      legacy.push(made)
      return made
    },
    write: (message) => Promise.resolve(void heard.push(message)),
    note: () => {},
    explaining: () => ({ url: server.url, scope: undefined }),
    getMoreScope: () => Promise.resolve(false),
  })
  t.teardown(() => bridge.close())
  return { bridge, heard, streams, state }
}

const INITIALIZED = {
  protocolVersion: '2024-11-05',
  capabilities: {},
  serverInfo: { name: 'old', version: '1' },
}

test('a stream that never says where messages go is not waited for, and not left open', async (t) => {
  const { bridge, heard, streams } = await makeWorld(t, false)
  await bridge.receive(initialize)
  t.like(heard, [{ id: 1, error: { code: -32_000 } }])
  await new Promise<void>((resolve) => {
    if (streams[0]?.closed) resolve()
    else streams[0]?.once('close', resolve)
  })
  t.is(streams.length, 1)
})

test('what waits for its answer when the stream breaks off has one, and the next call a new session', async (t) => {
  const { bridge, heard, streams, state } = await makeWorld(t, true)
  await bridge.receive(initialize)
  await bridge.receive({ jsonrpc: '2.0', method: 'notifications/initialized' })
  state.isDeaf = true
  await bridge.receive(ping(2))
  streams[0]?.destroy()
  await bridge.settled()
  t.like(heard.at(-1), { id: 2, error: { code: -32_000 } })
  state.isDeaf = false
  await bridge.receive(ping(3))
  await bridge.settled()
  t.like(heard.at(-1), { id: 3, result: {} })
  t.is(streams.length, 2)
  t.is(heard.length, 3, 'the client was opened once')
})
