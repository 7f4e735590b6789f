import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { ProcessEntry } from '../../../mcp-bridge/process-list.ts'
import { type Caller, fixture, startBridge } from '../../support/bridge.ts'
import { initializeBody, json, open, rpc, send } from '../../support/mcp.ts'
import { socketFetch } from '../../support/socket-fetch.ts'

const folder = mkdtempSync(join(tmpdir(), 'life-'))
const admin = join(folder, 'admin.sock')
const services = {
  ready: fixture('echoes.ts', { spares: 1 }),
  early: fixture('echoes.ts', { isolation: 'shared', spares: 1 }),
  brief: fixture('echoes.ts', { isolation: 'user', idle: 0 }),
  few: fixture('echoes.ts', { processesPerUser: 2 }),
  broken: { command: process.execPath, args: ['-e', 'process.exit(1)'] },
  absent: { command: '/nowhere/at-all' },
  unhoused: fixture('echoes.ts', { folders: ['/dev/null/folder'] }),
}
const bridge = await startBridge({ services, environment: { MCP_BRIDGE_ADMIN_SOCKET: admin } })
test.after.always(async () => {
  await bridge.stop()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (path: string, method = 'GET') => socketFetch(admin, {})(`http://x${path}`, { method })

async function processesOf(service: string): Promise<ProcessEntry[]> {
  const answer = await ask('/processes')
  const { processes } = (await answer.json()) as { processes: ProcessEntry[] }
  return processes.filter((one) => one.service === service)
}

/** When they are as they should be; what they are after ten seconds otherwise. */
async function processesAtLast(
  service: string,
  holds: (processes: readonly ProcessEntry[]) => boolean,
): Promise<ProcessEntry[]> {
  let found = await processesOf(service)
  for (let attempt = 0; attempt < 100 && !holds(found); attempt += 1) {
    await sleep(100)
    found = await processesOf(service)
  }
  return found
}

async function pidOf(service: string, session: string, caller: Caller = {}): Promise<unknown> {
  const { result } = await json(send(bridge, service, rpc('who'), { caller, session }))
  return result?.['pid']
}

test.serial('a session gets the process that was ready, and another is made ready', async (t) => {
  const [spare] = await processesAtLast('ready', ({ length }) => length === 1)
  t.like(spare, { state: 'spare', user: null, sessions: 0, calls: 0 })
  const { id } = await open(bridge, 'ready')
  t.is(await pidOf('ready', id), spare?.pid)
  const states = (await processesAtLast('ready', ({ length }) => length === 2)).map(
    ({ state, user, sessions, calls }) => [state, user, sessions, calls],
  )
  t.deepEqual(states, [
    ['running', 'dev:ann', 1, 1],
    ['spare', null, 0, 0],
  ])
})

test.serial('what everybody shares is there before anybody comes', async (t) => {
  const [early] = await processesAtLast('early', ([one]) => typeof one?.memory_bytes === 'number')
  t.like(early, { state: 'idle', isolation: 'shared' })
  t.true((early?.memory_bytes ?? 0) > 1_000_000)
  for (const user of ['dev:ann', 'dev:ben']) {
    const { id } = await open(bridge, 'early', { caller: { user } })
    t.is(await pidOf('early', id, { user }), early?.pid)
  }
})

test.serial('a process that nobody uses ends when its service says so', async (t) => {
  const { id } = await open(bridge, 'brief')
  t.is((await processesOf('brief')).length, 1)
  await send(bridge, 'brief', undefined, { session: id, method: 'DELETE' })
  t.deepEqual(await processesAtLast('brief', ({ length }) => length === 0), [])
})

test.serial(
  'sixty initializes of one client at once: its share begins, the rest is told, others come in',
  async (t) => {
    const responses = Array.from({ length: 60 }, () => send(bridge, 'few', initializeBody()))
    const other = await open(bridge, 'few', { caller: { user: 'dev:ben' } })
    t.truthy(other.id)
    const statuses = (await Promise.all(responses)).map(({ status }) => status)
    const began = statuses.filter((status) => status === 200)
    t.is(began.length, 2)
    t.true(statuses.every((status) => status === 200 || status === 429))
    t.is((await processesOf('few')).filter(({ user }) => user === 'dev:ann').length, 2)
  },
)

test.serial(
  'what cannot be started says whose fault it is, and is not tried in a spin',
  async (t) => {
    const absent = await json(send(bridge, 'absent', initializeBody()))
    t.regex(absent.error?.message ?? '', /service absent: could not be started/)
    const unhoused = await json(send(bridge, 'unhoused', initializeBody()))
    t.regex(unhoused.error?.message ?? '', /service unhoused: could not be started/)
    const messages: string[] = []
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const { error } = await json(send(bridge, 'broken', initializeBody()))
      messages.push(error?.message ?? '')
    }
    t.regex(messages[0] ?? '', /service broken: ended/)
    t.regex(messages[3] ?? '', /broken keeps ending after its start: try again in \d+ s/)
    const reason = bridge.log.find(
      ({ service, exit_code: code }) => service === 'broken' && code === 1,
    )
    t.truthy(reason)
  },
)

test.serial('figures are for Prometheus, and nothing else is there', async (t) => {
  const answer = await ask('/metrics')
  t.is(answer.status, 200)
  const body = await answer.text()
  t.regex(body, /^# TYPE mcp_gateway_service_processes gauge$/m)
  t.notRegex(body, /dev:/)
  t.is((await ask('/metrics', 'POST')).status, 404)
  t.is((await ask('/ready/mcp')).status, 404)
})
