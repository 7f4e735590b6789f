/** Answers that nobody reads: what Envoy holds of each, since the rooms take for sent what Envoy has taken. */

import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:http2'
import test from 'ava'
import { startEdge } from '../../support/edge.ts'
import { until } from '../../support/gateway-process.ts'

const CONNECTIONS = 4
const STREAMS = 50
const ANSWER = Buffer.alloc(2_000_000, 'x')
/** What one read may bring beyond the bound, and what a stream costs by itself. */
const HELD_BYTES_MAX = 200_000

test('of an answer that nobody reads Envoy holds a part, however large it is', async (t) => {
  t.timeout(60_000)
  const edge = await startEdge()
  t.teardown(() => edge.stop())
  const socket = String(edge.extAuthzOptions.env?.['MCP_BRIDGE_SOCKETS'])
  rmSync(socket)
  const bridge = createServer((_request, response) => response.end(ANSWER)).listen(socket)
  t.teardown(() => {
    bridge.closeAllConnections()
    bridge.close()
  })
  const authorization = `Bearer ${await edge.mint()}`
  const allocated = async (): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${edge.adminPort}/memory`)
    return Number(((await answer.json()) as { allocated: string }).allocated)
  }
  const before = await allocated()
  let begun = 0
  for (let count = 0; count < CONNECTIONS; count += 1) {
    const client = connect(edge.issuer, { settings: { initialWindowSize: 0 } })
    client.on('error', () => {})
    t.teardown(() => client.destroy())
    for (let stream = 0; stream < STREAMS; stream += 1) {
      const request = client.request({ ':method': 'POST', ':path': '/echo/mcp', authorization })
      request.on('error', () => {})
      request.once('response', (headers) => {
        if (headers[':status'] === 200) begun += 1
      })
      request.end('{}')
    }
  }
  await until(() => begun === CONNECTIONS * STREAMS, 20_000)
  let held = before
  await until(async () => {
    const last = held
    held = await allocated()
    return held === last
  }, 10_000)
  const heldOfEach = Math.round((held - before) / begun)
  t.true(heldOfEach < HELD_BYTES_MAX, `${heldOfEach} bytes of each`)
})
