import { join } from 'node:path'
import test from 'ava'
import { stringify } from 'yaml'
import { startGateway } from '../support/gateway.ts'
import { open, rpc, send } from '../support/mcp.ts'
import { connect } from '../support/sdk-client.ts'
import type { FetchLike } from '../support/socket-fetch.ts'
import { verifiesAlone } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const SLOW = join(import.meta.dirname, '../fixtures/works-slowly.ts')
const WORKS_MS = 20_000
const CALLS = 5

const gateway = await startGateway({
  file: stringify({ mcpServers: { slow: { command: process.execPath, args: [SLOW] } } }),
})
test.after.always(() => gateway.remove())

/** A machine with much to do may be late once, never each time. */
verifiesAlone('first-byte-through-the-edge', async (t) => {
  const endpoint = `${gateway.url}/slow/mcp`
  const { provider, close } = await connect(endpoint, createVisitor('ann'))
  t.teardown(close)
  const authorization = `Bearer ${provider.saved?.access_token}`
  const edge = {
    fetch: (): FetchLike => (_, init) =>
      fetch(endpoint, { ...init, headers: { ...(init?.headers as object), authorization } }),
  }
  const { id: session } = await open(edge, 'slow')
  const took: number[] = []
  for (let call = 1; call <= CALLS; call += 1) {
    const startedAt = performance.now()
    const body = rpc('work', { _meta: { progressToken: call }, steps: 1, ms: WORKS_MS }, call)
    const response = await send(edge, 'slow', body, { session })
    const reader = response.body?.getReader()
    t.true(((await reader?.read())?.value?.length ?? 0) > 0)
    took.push(performance.now() - startedAt)
    t.is(response.headers.get('x-accel-buffering'), 'no')
    await reader?.cancel()
  }
  t.true(Math.min(...took) < 1000, took.map(Math.round).join())
  t.true(Math.max(...took) < WORKS_MS, 'while the server works')
})
