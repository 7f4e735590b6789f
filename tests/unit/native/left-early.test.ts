import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { McpServer } from '@modelcontextprotocol/server'
import test from 'ava'
import { Secret } from '../../../lib/platform/secret.ts'
import { createNativeServer } from '../../../services/native/server.ts'
import { Stateless } from '../../../services/native/stateless.ts'
import { statelessBody } from '../../support/stateless.ts'

const SECRET = 'secret of the launch'
const HEADERS = {
  'x-gateway-edge': SECRET,
  host: 'localhost',
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'count',
}

test('who leaves while what answers is still being loaded has called nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'native-'))
  const socketPath = join(folder, 's')
  const { promise: isLoaded, resolve: load } = Promise.withResolvers<void>()
  let calls = 0
  const createServer = (): McpServer => {
    const mcp = new McpServer({ name: 'counts', version: '1' })
    mcp.registerTool('count', {}, () => {
      calls += 1
      return { content: [] }
    })
    return mcp
  }
  const server = createNativeServer(new Secret(SECRET), {
    sessions: { answer: () => Promise.reject(new Error('nobody has a session')) },
    stateless: async () => {
      await isLoaded
      return new Stateless(createServer)
    },
  })
  await once(server.listen(socketPath), 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
    rmSync(folder, { recursive: true })
  })
  const call = () => {
    const asked = request({ socketPath, method: 'POST', path: '/counts/mcp', headers: HEADERS })
    asked.on('error', () => {})
    asked.end(JSON.stringify(statelessBody('tools/call', { name: 'count', arguments: {} })))
    return asked
  }
  const arrived = once(server, 'request')
  const left = call()
  const [, response] = await arrived
  // Its body is read by then.
  await sleep(50)
  left.destroy()
  await once(response, 'close')
  load()
  const [answer] = await once(call(), 'response')
  t.regex(await text(answer), /"content":\[\]/)
  t.is(calls, 1)
})
