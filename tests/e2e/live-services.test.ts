/** Services are added, changed and taken out while others are used: nobody else notices. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { stringify } from 'yaml'
import { startGateway } from '../support/gateway.ts'
import { loopbackFetch } from '../support/socket-fetch.ts'
import { createCaller, logIn, startLoad, untilStatus } from '../support/steady-client.ts'

const ECHOES = join(import.meta.dirname, '../fixtures/echoes.ts')
const SHIPPED = ['echo', 'everything', 'fetchs', 'filesystem', 'memory', 'sequentialthinking']
const NOT_SHIPPED = Object.fromEntries(
  SHIPPED.map((name) => [`MCP_${name.toUpperCase()}_ENABLED`, 'false']),
)

type Definitions = Readonly<Record<string, object>>

const echoes = (more: object = {}): object => ({ command: 'node', args: [ECHOES], ...more })
const toYaml = (mcpServers: Definitions): string => stringify({ mcpServers })

const START: Definitions = { steady: echoes(), changing: echoes(), leaving: echoes() }

for (const [layout, environment] of Object.entries({
  path: {},
  host: { BASE_DOMAIN: 'gateway.localhost' },
})) {
  test.serial(
    `${layout} layout: services come, change and go, and one goes on as it was`,
    async (t) => {
      t.timeout(120_000)
      const gateway = await startGateway({
        file: toYaml(START),
        environment: { ...NOT_SHIPPED, ...environment },
      })
      t.teardown(() => gateway.remove())
      const { port, url: issuer } = gateway
      const fetch = loopbackFetch(port)
      const originOf = (service: string): string =>
        layout === 'path' ? issuer : `http://${service}.gateway.localhost:${port}`
      const pathOf = (service: string): string => (layout === 'path' ? `/${service}/mcp` : '/mcp')
      const endpointOf = (service: string): string => originOf(service) + pathOf(service)
      const metadataOf = (service: string): string =>
        `${originOf(service)}/.well-known/oauth-protected-resource${pathOf(service)}`
      const configure = (mcpServers: Definitions): void =>
        writeFileSync(join(gateway.folder, 'gateway.yaml'), toYaml(mcpServers))
      const statusOf = async (url: string): Promise<number> => {
        const answer = await fetch(url)
        await answer.body?.cancel()
        return answer.status
      }
      const enter = async (service: string) => {
        const endpoint = endpointOf(service)
        const caller = createCaller(fetch, endpoint, await logIn(fetch, issuer, endpoint))
        t.is(await caller.begin(), 200, service)
        return caller
      }

      const steady = await enter('steady')
      const stream = await steady.listen()
      const lasting = steady.call('later', { ms: 6000 })
      const load = startLoad(steady)

      // Another one comes.
      configure({ ...START, coming: echoes() })
      const come = await untilStatus(() => statusOf(endpointOf('coming')), 401)
      t.log(`added after ${come.tookMs} ms: ${come.statuses}`)
      t.is(await statusOf(metadataOf('coming')), 200)
      const coming = await enter('coming')
      t.is((await coming.call('hello')).body.result?.['method'], 'hello')

      // What one is called changes nothing of it; how it is launched does.
      const changing = await enter('changing')
      const pidOf = async () => (await changing.call('who')).body.result?.['pid']
      const before = await pidOf()
      configure({ ...START, changing: echoes({ description: 'in other words' }), coming: echoes() })
      await untilStatus(
        async () => ((await (await fetch(`${issuer}/`)).text()).includes('in other words') ? 1 : 0),
        1,
      )
      t.is(await pidOf(), before)
      const cut = changing.call('never')
      configure({ ...START, changing: echoes({ env: { A: 'b' } }), coming: echoes() })
      const changed = await untilStatus(async () => (await changing.call('who')).status, 404)
      t.log(`changed after ${changed.tookMs} ms`)
      t.regex((await cut).body.error?.message ?? '', /changing: the session has ended/)
      t.is(await changing.begin(), 200)
      t.not(await pidOf(), before)

      // One goes.
      const leaving = await enter('leaving')
      const pid = Number((await leaving.call('who')).body.result?.['pid'])
      const lost = leaving.call('never')
      const { leaving: _, ...rest } = START
      configure({ ...rest, coming: echoes() })
      const gone = await untilStatus(
        () => statusOf(endpointOf('leaving')),
        layout === 'path' ? 404 : 421,
      )
      t.log(`removed after ${gone.tookMs} ms: ${gone.statuses}`)
      t.regex((await lost).body.error?.message ?? '', /leaving: the session has ended/)
      await untilStatus(async () => (isAlive(pid) ? 1 : 0), 0)
      await t.throwsAsync(logIn(fetch, issuer, endpointOf('leaving')))

      t.is(
        (await lasting).body.result?.['params'] !== undefined,
        true,
        'a call lasted through it all',
      )
      await steady.call('notify', { n: 'at last' })
      await sleep(100)
      t.regex(stream.text(), /at last/)
      t.true(stream.isOpen(), 'the stream was not cut')
      await load.stop()
      t.notRegex(gateway.output(), /will be started again/, 'no part of the gateway had to die')
      // Unless a part was too busy to follow in its second.
      const wasLate = /has not taken up the changed configuration in time/.test(gateway.output())
      // What goes, Envoy itself may lead to a moment longer where it is too busy.
      const told = gateway.output().matchAll(/unknown_service detail="service (?!leaving")/g)
      if (!wasLate) t.is([...told].length, 0, 'what Envoy leads to is known')
      t.deepEqual(load.failures, [])
      t.log(`${load.count()} calls meanwhile`)
      stream.close()
    },
  )
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
