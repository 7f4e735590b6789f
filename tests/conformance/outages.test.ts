import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Edge, startEdge } from '../support/edge.ts'
import { type RawAnswer, rawRequest } from '../support/raw-request.ts'
import { verifiesAlone } from '../support/verifies.ts'

const edge = await startEdge()
test.after.always(() => edge.stop())

/** Two seconds of memory, and what a busy machine takes to answer. */
const BOUND_MS = 4000
const START_MS_MAX = 30_000

async function comesToServe(to: Edge, token: string): Promise<boolean> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await ask(to, token)).status === 200) return true
    await sleep(100)
  }
  return false
}

async function ask(to: Edge, token: string): Promise<RawAnswer> {
  return await rawRequest({
    port: to.port,
    path: '/echo/mcp',
    headers: ['Authorization', `Bearer ${token}`],
  })
}

function isUnavailable(t: ExecutionContext, answer: RawAnswer): void {
  t.is(answer.status, 503)
  t.truthy(answer.headers['retry-after'])
  t.is(answer.headers['www-authenticate'], undefined, 'a challenge would throw away a good login')
}

verifiesAlone('outage-store-frozen', async (t) => {
  const token = await edge.mint()
  t.is((await ask(edge, token)).status, 200)
  process.kill(edge.valkey.pid, 'SIGSTOP')
  try {
    const startedAt = performance.now()
    const bound = startedAt + BOUND_MS
    while ((await ask(edge, token)).status === 200) {
      t.true(performance.now() < bound, 'memory counts for no longer than its bound')
      await sleep(50)
    }
    isUnavailable(t, await ask(edge, token))
    t.true(performance.now() - startedAt < BOUND_MS + 5000, 'the wait is bounded')
    t.is((await ask(edge, 'garbage')).status, 401, 'a bad token is still the token’s fault')
  } finally {
    process.kill(edge.valkey.pid, 'SIGCONT')
  }
  t.true(await comesToServe(edge, token), 'it serves again')
})

verifiesAlone('outage-not-serving-before-load', async (t) => {
  const other = await startEdge()
  t.teardown(() => other.stop())
  const redis = await other.valkey.connect()
  const token = await other.mint()
  t.is((await ask(other, token)).status, 200)
  await redis.flushall()
  const bound = performance.now() + BOUND_MS
  while ((await ask(other, token)).status === 200) {
    t.true(performance.now() < bound, 'an empty store is noticed')
    await sleep(20)
  }
  isUnavailable(t, await ask(other, token))
  other.extAuthz.kill('SIGKILL')
  const socket = other.extAuthzOptions.env?.['EXT_AUTHZ_SOCKET'] ?? ''
  rmSync(socket, { force: true })
  const again = spawn(process.execPath, other.extAuthz.spawnargs.slice(1), other.extAuthzOptions)
  t.teardown(() => again.kill('SIGKILL'))
  const start = performance.now() + START_MS_MAX
  while (!existsSync(socket)) {
    t.true(performance.now() < start, 'it listens')
    await sleep(20)
  }
  await sleep(1500)
  isUnavailable(t, await ask(other, token))
  t.is(again.exitCode ?? again.signalCode, null, 'it lives')
})

verifiesAlone('outage-authz-rubbish', async (t) => {
  const other = await startEdge()
  t.teardown(() => other.stop())
  const token = await other.mint()
  t.is((await ask(other, token)).status, 200)
  const [decider] = other.deciders
  await decider?.end('SIGKILL')
  const socket = other.extAuthzOptions.env?.['EXT_AUTHZ_SOCKET'] ?? ''
  for (const rubbish of [
    'rubbish',
    'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    '\0'.repeat(900),
  ]) {
    rmSync(socket, { force: true })
    let asked = 0
    const server = createServer((connection) => {
      asked += 1
      connection.on('error', () => {}).end(rubbish)
    })
    await once(server.listen(socket), 'listening')
    const before = other.reached.length
    for (let count = 0; count < 3; count += 1) isUnavailable(t, await ask(other, token))
    t.is(other.reached.length, before)
    t.true(asked > 0)
    server.close()
  }
})

verifiesAlone('outage-authz-away', async (t) => {
  const other = await startEdge()
  t.teardown(() => other.stop())
  const token = await other.mint()
  const { spawnargs } = other.extAuthz
  t.is((await ask(other, token)).status, 200)
  other.extAuthz.kill('SIGSTOP')
  isUnavailable(t, await ask(other, token))
  other.extAuthz.kill('SIGKILL')
  await sleep(50)
  isUnavailable(t, await ask(other, token))
  const again = spawn(process.execPath, spawnargs.slice(1), other.extAuthzOptions)
  t.teardown(() => again.kill('SIGKILL'))
  t.true(await comesToServe(other, token), 'ext-authz came back')
})
