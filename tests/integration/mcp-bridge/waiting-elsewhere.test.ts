/** Requests that wait for what a bridge process owns that is gone: they look again and again, and stay one request. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { MESSAGE_VALUES_MAX } from '../../../mcp-bridge/limits.ts'
import { type Bridge, fixture, startBridge } from '../../support/bridge.ts'
import { until } from '../../support/gateway-process.ts'
import { initializeBody, json, open, send } from '../../support/mcp.ts'
import { ask } from '../../support/stateless.ts'

/** Long enough for more looks than one answer may have listeners. */
const TERM_MS = 10_000
const LEFT_MS = 1000
const services = {
  mine: fixture('echoes.ts', { isolation: 'user' }),
  bare: fixture('stateless-only.ts', { isolation: 'shared' }),
  old: fixture('echoes.ts', { isolation: 'user', sse: true }),
}

const begin: Readonly<Record<keyof typeof services, (bridge: Bridge) => Promise<unknown>>> = {
  mine: (bridge) => open(bridge, 'mine'),
  bare: (bridge) => json(ask(bridge, 'bare', 'tools/list')),
  old: (bridge) => open(bridge, 'old'),
}

interface Heir {
  readonly heir: Bridge
  /** Where Node says what is wrong with its process. */
  readonly warnings: string
}

/** The process of the service has been owned by a bridge that was killed; the other one goes on. */
async function startHeir(t: ExecutionContext, service: keyof typeof services): Promise<Heir> {
  const folder = mkdtempSync(join(tmpdir(), 'waiting-'))
  const warnings = join(folder, 'warnings')
  const environment = {
    MCP_BRIDGE_LEASE_MS: String(TERM_MS),
    MCP_BRIDGE_PROCESSES: '2',
    NODE_OPTIONS: `--redirect-warnings=${warnings}`,
  }
  const owner = await startBridge({ services, environment })
  const heir = await owner.beside('heir')
  t.teardown(async () => {
    await heir.end('SIGTERM')
    await owner.stop()
    rmSync(folder, { recursive: true })
  })
  await begin[service](owner)
  t.is(owner.children().length, 1)
  await owner.end('SIGKILL')
  return { heir, warnings }
}

test('a request without a session leaves nothing on its answer, however often it looks', async (t) => {
  for (const service of ['mine', 'bare'] as const) {
    const { heir, warnings } = await startHeir(t, service)
    const began = performance.now()
    const { result } = await json(ask(heir, service, 'tools/list'))
    t.truthy(result)
    t.true(performance.now() - began > TERM_MS / 2, 'it has waited')
    t.false(existsSync(warnings))
  }
})

test('nor does a stream that opens a session of the older transport', async (t) => {
  const { heir, warnings } = await startHeir(t, 'old')
  const stream = await send(heir, 'old', undefined)
  t.is(stream.status, 200)
  await stream.body?.cancel()
  t.false(existsSync(warnings))
})

test('for who leaves while it waits nothing is begun', async (t) => {
  for (const [service, body] of [
    ['old', undefined],
    ['mine', initializeBody()],
  ] as const) {
    const { heir } = await startHeir(t, service)
    const store = await heir.valkey.connect()
    // There is nobody left to be asked.
    await store.del('bridge:b')
    const leaving = new AbortController()
    const left = send(heir, service, body, { signal: leaving.signal }).catch(() => 'left')
    await sleep(LEFT_MS)
    leaving.abort()
    t.is(await left, 'left')
    await until(async () => (await store.keys('*:lease:*')).length === 0, 2 * TERM_MS)
    await sleep(LEFT_MS)
    t.deepEqual(heir.children(), [], service)
    t.false(
      heir.log.some(({ msg }) => msg === 'server process started'),
      service,
    )
  }
})

test('a message that takes long to read is read once, however often it looks', async (t) => {
  const { heir } = await startHeir(t, 'mine')
  // Numbers that are kept as they are written.
  const slow = `{"x":[${Array(MESSAGE_VALUES_MAX - 100).fill('1.0')}]}`
  const body = JSON.stringify(initializeBody()).replace(
    '"capabilities":{}',
    `"capabilities":${slow}`,
  )
  const answer = await send(heir, 'mine', body)
  t.is(answer.status, 200, await answer.text())
})
