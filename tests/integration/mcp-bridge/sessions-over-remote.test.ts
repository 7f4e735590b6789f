import { setTimeout as sleep } from 'node:timers/promises'
import type { Progress } from '@modelcontextprotocol/sdk/types.js'
import test from 'ava'
import { connectAsked } from '../../support/asked-client.ts'
import { PATIENT_LEASE_MS, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/live-session.ts'
import { aborted, serveSecond } from '../../support/remote-servers.ts'
import { callText } from '../../support/sdk-client.ts'

const remote = await serveSecond('reject')
const bridge = await startBridge({
  environment: { MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS },
  services: { remote: { url: remote.url } },
})
test.after.always(async () => {
  await bridge.stop()
  await remote.stop()
})

test.serial('a client with sessions uses a server elsewhere that knows none', async (t) => {
  const { client } = await connectAsked(bridge, 'remote')
  t.like(client.getServerVersion(), { name: 'second' })
  t.is(await callText(client, 'echo', { message: 'hi' }), 'hi')
  t.is(await callText(client, 'in-region', { region: 'eu', query: 'all' }), 'all in eu')
  const heard: number[] = []
  const onprogress = ({ progress }: Progress): void => void heard.push(progress)
  const counting = { name: 'count', arguments: { to: 2, ms: 1 } }
  await client.callTool(counting, undefined, { onprogress })
  t.deepEqual(heard, [1, 2])
  await client.close()
})

test.serial('is told of changes there, as long as it is here', async (t) => {
  const { client, told } = await connectAsked(bridge, 'remote')
  const listens = (): number =>
    remote.seen.filter(({ headers }) => headers['mcp-method'] === 'subscriptions/listen').length
  await until(() => listens() > 0)
  t.true(listens() > 0)
  // It is heard once the server has agreed, whenever that is.
  for (let times = 0; times < 100 && told.length === 0; times += 1) {
    remote.handler.notify.toolsChanged()
    await sleep(50)
  }
  t.is(told[0], 'notifications/tools/list_changed')
  await client.close()
})

test.serial('a call that is cancelled here is cancelled there', async (t) => {
  const { client } = await connectAsked(bridge, 'remote')
  const leave = new AbortController()
  const counting = { name: 'count', arguments: { to: 1000, ms: 20 } }
  const before = aborted.second
  const onprogress = (): void => leave.abort()
  const { signal } = leave
  await t.throwsAsync(client.callTool(counting, undefined, { signal, onprogress }))
  await until(() => aborted.second > before)
  t.is(aborted.second, before + 1)
  await client.close()
})
