/** Clients that leave as soon as they have sent their request, before anybody has begun to answer it. */

import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { type Bridge, fixture, PATIENT_LEASE_MS, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { BOTH, json, open, rpc, send } from '../../support/mcp.ts'

const TIMES = 40
/** What is kept open for the next request. */
const SOME = 10
const WAIT_MS = 10_000

const one = await startBridge({
  services: { fix: fixture('works-slowly.ts', { isolation: 'shared' }) },
  environment: { MCP_BRIDGE_PROCESSES: '2', MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS },
})
const two = await one.beside('two')
test.after.always(async () => {
  await two.end('SIGTERM')
  await one.stop()
})

interface Seat {
  readonly bridge: Bridge
  readonly service: string
  readonly session: string
}

async function leaveAtOnce({ bridge, service, session }: Seat, params: object): Promise<void> {
  const body = JSON.stringify(rpc('tools/call', params))
  const headers = {
    ...bridge.headers(),
    host: 'gateway',
    accept: BOTH,
    'content-type': 'application/json',
    'content-length': body.length,
    'mcp-session-id': session,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = connect(bridge.socket)
  socket.write(`POST /${service}/mcp HTTP/1.1\r\n${lines.join('')}\r\n${body}`, () =>
    socket.destroy(),
  )
  await sleep(10)
}

const descriptorsOf = (bridge: Bridge): number =>
  readdirSync(`/proc/${bridge.process.pid}/fd`).length

const AFTER_A_WHILE = { name: 'wait', arguments: { seconds: 1 } }
const LARGE = { name: 'work', arguments: { bytes: 300_000 } }

for (const [service, bridges, call, what] of [
  ['echo', [one], AFTER_A_WHILE, 'a native server'],
  ['fix', [two, one], LARGE, 'another bridge process'],
] as const) {
  test.serial(`who leaves at once keeps no connection to ${what} open`, async (t) => {
    const [bridge] = bridges
    const { id: session } = await open(one, service)
    const list = () => json(send(bridge, service, rpc('tools/list'), { session }))
    t.truthy((await list()).result)
    const before = bridges.map(descriptorsOf)
    for (let time = 0; time < TIMES; time += 1) {
      await leaveAtOnce({ bridge, service, session }, call)
    }
    const areClosed = () =>
      bridges.every((one, index) => descriptorsOf(one) < (before[index] ?? 0) + SOME)
    await until(areClosed, WAIT_MS)
    t.truthy((await list()).result)
  })
}
