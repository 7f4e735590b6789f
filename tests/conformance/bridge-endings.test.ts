/** How servers and the bridge itself end: whatever it was, nothing is left and everybody is told. */

import { existsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type Bridge, fixture, startBridge } from '../support/bridge.ts'
import { initializeBody, json, open, rpc, send } from '../support/mcp.ts'
import { listeningPorts, zombiesOf } from '../support/process-figures.ts'
import { verifiesAlone } from '../support/verifies.ts'

const services = {
  fix: fixture('echoes.ts'),
  mine: fixture('echoes.ts', { isolation: 'user' }),
  all: fixture('echoes.ts', { isolation: 'shared' }),
  stubborn: fixture('never-exits.ts'),
  leaver: fixture('leaves-processes.ts'),
}

async function begin(t: ExecutionContext): Promise<Bridge> {
  const bridge = await startBridge({ services })
  t.teardown(() => bridge.stop())
  return bridge
}

/** One session of each service, used once; the ids by service. */
async function openAll(
  bridge: Bridge,
  of = [...Object.keys(services), 'echo'],
): Promise<ReadonlyMap<string, string>> {
  const opened = await Promise.all(
    of.map(async (service): Promise<[string, string]> => {
      const { id: session } = await open(bridge, service)
      await json(send(bridge, service, rpc('ping'), { session }))
      return [service, session]
    }),
  )
  return new Map(opened)
}

verifiesAlone('child-nothing-left', async (t) => {
  const bridge = await begin(t)
  const sessions = await openAll(bridge)
  t.true(bridge.children().length >= 8)
  for (const service of ['fix', 'stubborn', 'leaver']) {
    const session = sessions.get(service)
    await send(bridge, service, undefined, { session, method: 'DELETE' })
  }
  const left = () =>
    bridge.children().filter((line) => !/echoes|services\/echo|mcp-bridge/.test(line))
  for (let attempt = 0; attempt < 150 && left().length > 0; attempt += 1) {
    await json(send(bridge, 'mine', rpc('later', { ms: 50 }), { session: sessions.get('mine') }))
  }
  t.deepEqual(left(), [])
  t.deepEqual(zombiesOf(bridge.process.pid), [])
  for (const service of ['mine', 'all', 'echo']) {
    const session = sessions.get(service)
    t.is((await send(bridge, service, rpc('ping'), { session })).status, 200, service)
  }
})

verifiesAlone('bridge-ended-in-call', async (t) => {
  const bridge = await begin(t)
  const sessions = await openAll(bridge)
  const session = sessions.get('fix')
  const waiting = json(send(bridge, 'fix', rpc('never', {}, 'mine'), { session }))
  const streaming = json(
    send(bridge, 'all', rpc('never', {}, 'ours'), {
      session: sessions.get('all'),
      accept: 'text/event-stream',
    }),
  )
  await json(send(bridge, 'fix', rpc('echo'), { session }))
  const startedAt = performance.now()
  t.is(await bridge.end('SIGTERM'), 0)
  t.true(performance.now() - startedAt < 10_000)
  t.like(await waiting, { id: 'mine', error: { code: -32603 } })
  t.like(await streaming, { id: 'ours', error: { code: -32603 } })
  t.deepEqual(await bridge.childrenAtLast(), [])
  t.false(existsSync(bridge.socket))
})

verifiesAlone('bridge-killed', async (t) => {
  const bridge = await begin(t)
  const sessions = await openAll(bridge)
  const waiting = send(bridge, 'fix', rpc('never'), { session: sessions.get('fix') })
  const broken = t.throwsAsync(waiting.then((answer) => answer.text()))
  await json(send(bridge, 'fix', rpc('echo'), { session: sessions.get('fix') }))
  await bridge.end('SIGKILL')
  await broken
  t.deepEqual(await bridge.childrenAtLast(), [])
})

verifiesAlone('bridge-started-again', async (t) => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const first = await begin(t)
    const sessions = await openAll(first, ['fix', 'mine', 'echo'])
    await first.end(signal)
    const second = await first.again()
    for (const [service, session] of sessions) {
      for (const [method, body] of [
        ['POST', rpc('ping')],
        ['GET', undefined],
        ['DELETE', undefined],
      ] as const) {
        const answer = await send(second, service, body, { session, method })
        t.is(answer.status, 404, `${signal} ${method} ${service}`)
        t.is((await json(answer)).error?.code, -32001)
      }
      t.is((await send(second, service, initializeBody())).status, 200, service)
    }
    await second.end('SIGTERM')
  }
})

verifiesAlone('bridge-listens-nowhere', async (t) => {
  const bridge = await begin(t)
  await openAll(bridge)
  t.deepEqual(listeningPorts(bridge.process.pid), [])
  for (const line of bridge.children()) {
    t.deepEqual(listeningPorts(Number(line.split(' ', 1)[0])), [], line)
  }
  t.is(statSync(bridge.socket).mode & 0o777, 0o600)
  t.is(statSync(dirname(bridge.socket)).mode & 0o077, 0)
})
