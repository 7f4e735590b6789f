import { setTimeout as sleep } from 'node:timers/promises'
import type { JSONRPCMessage } from '@modelcontextprotocol/client'
import test from 'ava'
import type { TokenSource } from '../../../../cli/mcp/oauth/tokens.ts'
import { createTransport } from '../../../../cli/mcp/session/transport.ts'
import { readBody, serveHttp } from '../../../support/remote-servers.ts'

test('of requests side by side each has the token renewed that it was refused with', async (t) => {
  let current = 'old'
  const refused: unknown[] = []
  const tokens: TokenSource = {
    current: () => Promise.resolve(current),
    replace(token) {
      refused.push(token)
      current = 'new'
      return Promise.resolve(current)
    },
  }
  const server = await serveHttp(async (request, response) => {
    const { id } = JSON.parse(await readBody(request)) as { id: number }
    const isOld = request.headers.authorization === 'Bearer old'
    // The refusal of the first comes when the second has gone out with the new one.
    if (isOld && id === 1) await sleep(300)
    if (isOld) response.writeHead(401).end()
    else response.setHeader('content-type', 'application/json').end(answer(id))
  })
  t.teardown(() => server.stop())
  const transport = createTransport(server.url, tokens)
  const heard: unknown[] = []
  transport.onmessage = (message) => heard.push((message as { id: number }).id)
  await transport.start()
  await Promise.all([transport.send(request(1)), transport.send(request(2))])
  await transport.send(request(3))
  t.deepEqual(heard, [2, 1, 3])
  t.deepEqual(refused, ['old', 'old'])
  await transport.close()
})

function request(id: number): JSONRPCMessage {
  return { jsonrpc: '2.0', id, method: 'ping' }
}

function answer(id: number): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result: {} })
}
