/** Two bridges behind Envoy: a person's requests go to one of them, and when it dies to the other. */

import { join } from 'node:path'
import test from 'ava'
import { stringify } from 'yaml'
import { startGateway } from '../support/gateway.ts'
import { partsServing } from '../support/gateway-parts.ts'
import { loopbackFetch } from '../support/socket-fetch.ts'
import { type Caller, createCaller, logIn, untilStatus } from '../support/steady-client.ts'

const ECHOES = join(import.meta.dirname, '../fixtures/echoes.ts')
const isBridge = (name: string): boolean => name.startsWith('mcp-bridge-')
/** So many that hardly ever all of them belong to one bridge. */
const PEOPLE = 10

test('a bridge dies: whose sessions it had begins anew, the others notice nothing', async (t) => {
  t.timeout(120_000)
  const mine = { command: process.execPath, args: [ECHOES], isolation: 'user' }
  const gateway = await startGateway({
    file: stringify({ mcpServers: { mine } }),
    environment: { MCP_BRIDGE_PROCESSES: '2', RATE_LIMIT_FACTOR: '0', LOG_LEVEL: 'warn' },
  })
  t.teardown(() => gateway.remove())
  const [one, two] = await partsServing(gateway, isBridge)
  t.truthy(two, 'two of them serve')
  const fetch = loopbackFetch(gateway.port)
  const endpoint = `${gateway.url}/mine/mcp`
  const people: Caller[] = []
  for (let n = 0; n < PEOPLE; n += 1) {
    const token = await logIn(fetch, gateway.url, endpoint, `person-${n}`)
    const caller = createCaller(fetch, endpoint, token)
    await untilStatus(() => caller.begin(), 200)
    people.push(caller)
  }
  const pidOf = async (caller: Caller) => (await caller.call('who')).body.result?.['pid']
  const before = await Promise.all(people.map(pidOf))
  t.is(new Set(before).size, PEOPLE)

  process.kill(one?.pid ?? 0, 'SIGKILL')
  const statuses: number[] = []
  for (const caller of people) {
    statuses.push(await statusOf(caller))
  }
  t.true(statuses.includes(200), 'the other bridge had some, and has them still')
  t.true(statuses.includes(404), 'the dead one had the others')
  for (const [index, caller] of people.entries()) {
    if (statuses[index] === 200) t.is(await pidOf(caller), before[index])
    else {
      await untilStatus(() => caller.begin(), 200)
      t.not(await pidOf(caller), before[index])
    }
  }

  // It comes back, and is asked for those that the other has meanwhile.
  await partsServing(gateway, isBridge, one?.pid)
  const after = await Promise.all(people.map(pidOf))
  for (let round = 0; round < 10; round += 1) {
    t.deepEqual(await Promise.all(people.map(pidOf)), after)
  }
  t.is(new Set(after).size, PEOPLE)
})

/** Of a call, sent again as often as the gateway says that it cannot be served now. */
async function statusOf(caller: Caller): Promise<number> {
  let status = 503
  await untilStatus(async () => {
    ;({ status } = await caller.call('who'))
    return status === 503 ? 503 : 0
  }, 0)
  return status
}
