/** Servers elsewhere over TLS: whoever cannot prove its name is not asked. */

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { startBridge } from '../../support/bridge.ts'
import { type Certificate, createAuthority } from '../../support/certificates.ts'
import { initializeBody, json, open, send } from '../../support/mcp.ts'
import { readBody } from '../../support/remote-servers.ts'

const [ours, strange] = [createAuthority(), createAuthority()]
let asked = 0

async function serve(certificate: Certificate): Promise<{ port: number; stop: () => void }> {
  const server = createServer(certificate, async (request, response) => {
    asked += 1
    const { id } = JSON.parse((await readBody(request)) || '{}') as { id?: unknown }
    const result = {
      protocolVersion: '2025-11-25',
      capabilities: {},
      serverInfo: { name: 'x', version: '1' },
    }
    response.setHeader('content-type', 'application/json')
    response.end(id === undefined ? '' : JSON.stringify({ jsonrpc: '2.0', id, result }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, stop }
}

const servers = {
  good: await serve(ours.issue(['localhost'])),
  expired: await serve(ours.issue(['localhost'], 'expired')),
  other: await serve(ours.issue(['other.example'])),
  strange: await serve(strange.issue(['localhost'])),
}
const services = Object.fromEntries(
  Object.entries(servers).map(([name, { port }]) => [
    name,
    { url: `https://localhost:${port}/mcp` },
  ]),
)
const bridge = await startBridge({ services, environment: { NODE_EXTRA_CA_CERTS: ours.path } })
test.after.always(async () => {
  await bridge.stop()
  for (const { stop } of Object.values(servers)) stop()
  for (const one of [ours, strange]) one.remove()
})

test('an authority of the operator’s own counts', async (t) => {
  t.truthy((await open(bridge, 'good')).id)
  t.true(asked > 0)
})

for (const name of ['expired', 'other', 'strange']) {
  test(`${name}: its certificate is not valid`, async (t) => {
    const { error } = await json(send(bridge, name, initializeBody()))
    t.is(
      error?.message,
      `the service ${name}: its server cannot be reached: its certificate is not valid`,
    )
  })
}
