import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startEdge } from '../../support/edge.ts'
import { startLateProxy } from '../../support/late-proxy.ts'
import { socketFetch } from '../../support/socket-fetch.ts'

const edge = await startEdge()
const folder = mkdtempSync(join(tmpdir(), 'readiness-'))
test.after.always(async () => {
  rmSync(folder, { recursive: true, force: true })
  await edge.stop()
})

/** Each answer of the store is late by so much: to load takes several. */
const LATE_MS = 25
const START_MS_MAX = 30_000
/** A machine that is busy elsewhere loads too late of its own accord: one of them is enough. */
const TRIALS = 3

async function listens(socket: string): Promise<boolean> {
  const connection = connect(socket)
  try {
    await once(connection, 'connect')
    return true
  } catch {
    // Not there yet.
    return false
  } finally {
    connection.destroy()
  }
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** How its health is when it can be reached for the first time. */
async function healthAtFirst(storeUrl: string, name: string): Promise<number> {
  const [socket, admin] = [join(folder, `${name}.sock`), join(folder, `${name}-admin.sock`)]
  const env = { EXT_AUTHZ_SOCKET: socket, EXT_AUTHZ_ADMIN_SOCKET: admin, REDIS_URL: storeUrl }
  const child = spawn(process.execPath, edge.extAuthz.spawnargs.slice(1), {
    ...edge.extAuthzOptions,
    env: { ...edge.extAuthzOptions.env, ...env },
  })
  try {
    const until = performance.now() + START_MS_MAX
    while (!(await listens(socket))) {
      if (performance.now() > until) throw new Error('it does not listen')
      await sleep(2)
    }
    return (await socketFetch(admin)('http://localhost/healthz')).status
  } finally {
    await end(child)
  }
}

test('a process that comes back listens once it has loaded', async (t) => {
  const late = await startLateProxy(edge.valkey.url, LATE_MS)
  t.teardown(() => late.close())
  const found: number[] = []
  while (found.length < TRIALS && !found.includes(200)) {
    found.push(await healthAtFirst(late.url, `trial-${found.length}`))
  }
  t.is(found.at(-1), 200, `found ${found.join(', ')}`)
})

test('where the store is away it listens all the same, and says so', async (t) => {
  t.is(await healthAtFirst(`unix://${join(folder, 'nowhere.sock')}`, 'away'), 503)
})
