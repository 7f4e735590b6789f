import test from 'ava'
import { INITIALIZE_TIMEOUT_MS } from '../../mcp-bridge/limits.ts'
import { fixture, startBridge } from '../support/bridge.ts'
import { initializeBody, json, open, send } from '../support/mcp.ts'

test('a server that never answers initialize: an error in time, no session, and nothing is left', async (t) => {
  const services = {
    mute: fixture('never-initializes.ts'),
    all: fixture('never-initializes.ts', { isolation: 'shared' }),
    fix: fixture('echoes.ts'),
  }
  const bridge = await startBridge({ services })
  t.teardown(() => bridge.stop())
  const startedAt = performance.now()
  const answers = ['mute', 'all'].map(async (service) => {
    const response = await send(bridge, service, initializeBody())
    const { error } = await json(response)
    t.is(response.headers.get('mcp-session-id'), null)
    t.is(error?.code, -32603)
    t.regex(error?.message ?? '', new RegExp(`service ${service}\\b.*initialize`))
  })
  t.truthy((await open(bridge, 'fix')).answer.result, 'others are served meanwhile')
  await Promise.all(answers)
  const ms = performance.now() - startedAt
  t.true(ms >= INITIALIZE_TIMEOUT_MS && ms < INITIALIZE_TIMEOUT_MS + 15_000, `${ms} ms`)
  const mute = () => bridge.children().filter((line) => line.includes('never-initializes'))
  while (performance.now() - startedAt < INITIALIZE_TIMEOUT_MS + 30_000 && mute().length > 0) {
    await open(bridge, 'fix', { caller: { user: `dev:${Math.random()}` } })
  }
  t.deepEqual(mute(), [])
})
