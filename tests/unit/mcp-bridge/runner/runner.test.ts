import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { type Service, toService } from '../../../../lib/catalogue/service.ts'
import type { ServiceDefinition } from '../../../../lib/catalogue/service-definition.ts'
import { createFigures } from '../../../../lib/platform/figures.ts'
import { createLog } from '../../../../lib/platform/log.ts'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { type LeaseSubject, type Leases, OwnedElsewhere } from '../../../../mcp-bridge/leases.ts'
import { PROCESSES_MAX, PROCESSES_PER_USER_MAX } from '../../../../mcp-bridge/limits.ts'
import { tellRunner } from '../../../../mcp-bridge/process-figures.ts'
import { listProcesses } from '../../../../mcp-bridge/process-list.ts'
import { Remotes } from '../../../../mcp-bridge/remote/remotes.ts'
import type { ProcessUser } from '../../../../mcp-bridge/runner/process-user.ts'
import { Runner } from '../../../../mcp-bridge/runner/runner.ts'
import type { ServerProcess } from '../../../../mcp-bridge/runner/server-process.ts'
import type { Era } from '../../../../mcp-bridge/runner/servers.ts'
import { fakeHost } from '../../../support/fake-host.ts'

const log = createLog('test', 'error')
const WAITS = { inputEndMs: 0, terminateMs: 0 }

function personOf(userId: string) {
  return { userId, userName: userId }
}

function userOf(userId: string): ProcessUser {
  return { userId, isCongested: false, deliver: () => {}, processEnded: () => {} }
}

function serviceOf(definition: ServiceDefinition, name = 'svc'): Service {
  const reading = toService(name, { command: 'run', ...definition }, '/folder')
  if (!('service' in reading)) throw new Error(reading.faults.join())
  return reading.service
}

/** Leases that are seen: who holds what. */
function fakeLeases() {
  const held: string[] = []
  const lost: AbortController[] = []
  const leases: Leases = {
    async take({ service, user }: LeaseSubject) {
      if (service === 'elsewhere') throw new OwnedElsewhere('bridge-2')
      await Promise.resolve()
      const name = `${service} ${user ?? ''}`.trim()
      held.push(name)
      const controller = new AbortController()
      lost.push(controller)
      const release = async (): Promise<void> => {
        const index = held.indexOf(name)
        if (index >= 0) held.splice(index, 1)
      }
      return { fence: held.length, lost: controller.signal, release }
    },
  }
  return { leases, held, lost }
}

function world(
  t: ExecutionContext,
  definition: ServiceDefinition,
  name = 'svc',
  endingWaitMs?: number,
) {
  const host = fakeHost()
  const { leases, held, lost } = fakeLeases()
  const services = new Map([[name, serviceOf(definition, name)]])
  let now = 0
  const unused: (string | undefined)[] = []
  const unusedSince = new Map<unknown, number>()
  /** What is read of a person's secrets, one time after the other. */
  const entered: string[] = []
  let reads = 0
  const runner = new Runner({
    hostOf: () => host,
    remotes: new Remotes({ environment: {}, accountPage: '', clock: () => now, log }),
    leases,
    environment: {},
    ownSecrets: {
      userSecrets: {
        read: async () => {
          const key = entered[reads] ?? entered.at(-1)
          if (key === undefined) throw new Error('nobody asks')
          reads += 1
          return { values: new Map([['KEY', key]]), revision: reads, unreadable: [] }
        },
        revision: () => Promise.resolve(0),
      },
      accountPage: 'https://x/account',
    },
    findService: (one) => services.get(one),
    services: () => services.values(),
    endUnused: (_, service) => void unused.push(service),
    unusedSessions: () => unusedSince,
    ...(endingWaitMs !== undefined && { endingWaitMs }),
    clock: () => now,
    log,
  })
  t.teardown(() => runner.stopAll(WAITS))
  const acquire = (userId = 'ann', user = userOf(userId), left?: AbortSignal) => {
    const service = services.get(name)
    if (service === undefined) throw new Error('no service')
    return runner.acquire(service, personOf(userId), user, { left })
  }
  const change = (next: ServiceDefinition): void => {
    services.set(name, serviceOf(next, name))
    runner.endOfService(name)
  }
  const pass = (ms: number): void => {
    now += ms
  }
  return { runner, host, held, lost, unused, unusedSince, entered, acquire, change, pass }
}

/** Until it holds: what it waits for happens in a few turns. */
async function until(holds: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 500 && !holds(); attempt += 1) await sleep(10)
  return holds()
}

test('one process of a person, however many ask at once, under one lease', async (t) => {
  const { host, held, acquire, runner } = world(t, { isolation: 'user' })
  const processes = await Promise.all(Array.from({ length: 10 }, () => acquire()))
  t.is(new Set(processes).size, 1)
  t.is(host.children.length, 1)
  t.true(held.length > 0 && held.every((one) => one === 'svc ann'))
  await acquire('ben')
  t.is(host.children.length, 2)
  await runner.stopAll(WAITS)
  t.true(await until(() => held.length === 0))
})

test('nobody has a name by which they get the process of another', async (t) => {
  const { runner } = world(t, { isolation: 'user' })
  const service = serviceOf({ isolation: 'user' })
  const acquire = (userId: string, era: Era) =>
    runner.acquire(service, personOf(userId), userOf(userId), { era })
  t.not(await acquire('oidc:ann', 'stateless'), await acquire('oidc:ann stateless', 'sessions'))
})

test('who has entered something new does not get a process that is being started with the old', async (t) => {
  const { host, entered, acquire } = world(t, {
    isolation: 'user',
    env: { OF: '${secret.KEY}' },
    userSecrets: { KEY: 'Your key' },
  })
  entered.push('old', 'new')
  const [early, late] = await Promise.all([acquire(), acquire()])
  t.deepEqual(
    host.children.map(({ env, wasStopped }) => [env['OF'], wasStopped]),
    [
      ['old', true],
      ['new', false],
    ],
  )
  t.true(early.isStopping)
  t.false(late.isStopping)
})

test('the lease is given back when nothing is left, and not before', async (t) => {
  const { host, held, acquire } = world(t, { isolation: 'shared', idle: 0 })
  const process = await acquire()
  host.holdEndings()
  void process.stop(WAITS)
  const next = acquire('ben')
  await sleep(20)
  t.deepEqual([held, host.children.length], [['svc'], 1])
  host.children[0]?.end()
  t.not(await next, process)
  t.deepEqual([held, host.children.length], [['svc'], 2])
  host.children[1]?.end()
})

for (const why of ['is not used any more', 'was changed'] as const) {
  test(`whoever waits for the end of what ${why} waits so long, and no longer`, async (t) => {
    const { host, acquire, change } = world(t, { isolation: 'user', idle: 0 }, 'svc', 50)
    const process = await acquire()
    host.holdEndings()
    if (why === 'was changed') change({ isolation: 'user', idle: 0, env: { A: 'b' } })
    else void process.stop(WAITS)
    const refused = await t.throwsAsync(acquire(), { instanceOf: RpcFault })
    t.is(refused?.status, 503)
    t.is(refused?.options.headers?.['retry-after'], '5')
    t.is(host.children.length, 1)
    host.children[0]?.end()
    t.not(await acquire(), process)
    host.children[1]?.end()
  })
}

test('a lease that is lost ends its process', async (t) => {
  const { host, lost, acquire } = world(t, { isolation: 'user' })
  const process = await acquire()
  lost[0]?.abort()
  await process.ended
  t.true(host.children[0]?.wasStopped)
})

test('a process that belongs to another bridge is said to, and takes no place here', async (t) => {
  const { host, acquire } = world(t, { isolation: 'shared' }, 'elsewhere')
  await t.throwsAsync(acquire(), { instanceOf: OwnedElsewhere })
  t.is(host.children.length, 0)
})

test('one person’s crashes hold up nobody else', async (t) => {
  for (const isolation of ['session', 'user'] as const) {
    const { host, acquire } = world(t, { isolation })
    for (let n = 0; n < 3; n += 1) {
      const process = await acquire()
      host.children.at(-1)?.end()
      await process.ended
    }
    const fault = await t.throwsAsync(acquire(), { instanceOf: RpcFault }, isolation)
    t.regex(fault?.message ?? '', /svc keeps ending after its start: try again in 1 s/)
    await t.notThrowsAsync(acquire('ben'), isolation)
  }
})

test('what everybody shares is held up for everybody when it crashes, and then no longer', async (t) => {
  const { host, held, acquire, pass } = world(t, { isolation: 'shared' })
  for (const userId of ['ann', 'ben', 'cid']) {
    const process = await acquire(userId)
    host.children.at(-1)?.end()
    await process.ended
  }
  await t.throwsAsync(acquire('dan'), { instanceOf: RpcFault })
  t.deepEqual([host.children.length, held], [3, []])
  pass(1000)
  await t.notThrowsAsync(acquire('dan'))
})

test('an unused process ends in its time, and is used again before that', async (t) => {
  const { runner, host, acquire } = world(t, { isolation: 'user', idle: 1 })
  const user = userOf('ann')
  const process = await acquire('ann', user)
  await runner.release(process, user)
  await runner.release(process, user)
  t.is(await acquire('ann', user), process)
  t.like(await listProcesses(runner), [{ state: 'running', sessions: 1, user: 'ann', pid: 1 }])
  await runner.release(process, user)
  t.like(await listProcesses(runner), [{ state: 'idle', sessions: 0 }])
  await process.ended
  t.is(host.children.length, 1)
})

test('at a person’s bound the next waits for what is unused', async (t) => {
  const { runner, unused, acquire } = world(t, { processesPerUser: 1 })
  const user = userOf('ann')
  const process = await acquire('ann', user)
  const next = acquire()
  t.true(await until(() => runner.queue.waiting === 1))
  t.deepEqual(unused, ['svc'])
  await t.notThrowsAsync(acquire('ben'))
  await runner.release(process, user)
  t.not(await next, process)
  t.deepEqual(runner.queue, { waiting: 0, waits: 1 })
})

test('two people who take all places do not keep them while they use none', async (t) => {
  const { runner, unusedSince, acquire } = world(t, { processesPerUser: PROCESSES_PER_USER_MAX })
  const processes: ServerProcess[] = []
  const users = Array.from({ length: PROCESSES_MAX }, (_, n) => userOf(n % 2 === 0 ? 'ann' : 'ben'))
  for (const user of users) processes.push(await acquire(user.userId, user))
  const leaving = new AbortController()
  const refused = acquire('cid', userOf('cid'), leaving.signal)
  t.true(await until(() => runner.queue.waiting === 1))
  t.false(
    processes.some(({ isStopping }) => isStopping),
    'as long as all are in use',
  )
  leaving.abort()
  await t.throwsAsync(refused)
  for (const n of [7, 3, 4]) unusedSince.set(users[n], n)
  await acquire('cid')
  await acquire('cid')
  t.deepEqual(
    processes.flatMap(({ isStopping }, n) => (isStopping ? [n] : [])),
    [3, 4],
  )
})

test('not more processes end than somebody waits for', async (t) => {
  const { runner, host, unusedSince, acquire } = world(t, {
    processesPerUser: PROCESSES_PER_USER_MAX,
  })
  const processes: ServerProcess[] = []
  const users = Array.from({ length: PROCESSES_MAX }, (_, n) => userOf(n % 2 === 0 ? 'ann' : 'ben'))
  for (const user of users) processes.push(await acquire(user.userId, user))
  for (const n of [3, 4]) unusedSince.set(users[n], n)
  const ending = (): number => processes.filter(({ isStopping }) => isStopping).length
  host.holdEndings()
  t.teardown(() => {
    for (const child of host.children) child.end()
  })
  const leaving = new AbortController()
  const refused = acquire('cid', userOf('cid'), leaving.signal)
  t.true(await until(() => ending() === 1))
  leaving.abort()
  await t.throwsAsync(refused)
  const next = acquire('cid')
  t.true(await until(() => runner.queue.waiting === 1))
  t.is(ending(), 1, 'the place of that one is enough')
  for (const child of host.children) if (child.wasStopped) child.end()
  t.truthy(await next)
})

test('a process that somebody uses is not ended for what others have left in it', async (t) => {
  const { runner, unusedSince, acquire } = world(t, { isolation: 'user' })
  const left = Array.from({ length: PROCESSES_MAX }, (_, n) => userOf(`user${n}`))
  for (const user of left) {
    await acquire(user.userId, user)
    await acquire(user.userId)
    unusedSince.set(user, 0)
  }
  const waiting = acquire('late').catch((error: unknown) => error)
  t.true(await until(() => runner.queue.waiting === 1))
  t.false(runner.running.processes.some(({ process }) => process.isStopping))
  await runner.stopAll(WAITS)
  await waiting
})

test('a client that leaves gives up its turn', async (t) => {
  const { runner, host, acquire } = world(t, { processesPerUser: 1 })
  await acquire()
  const leaving = new AbortController()
  const next = acquire('ann', userOf('ann'), leaving.signal)
  t.true(await until(() => runner.queue.waiting === 1))
  leaving.abort()
  await t.throwsAsync(next)
  t.is(host.children.length, 1)
})

test('nothing is started as it was before a change, however long it waited', async (t) => {
  const { runner, host, acquire, change } = world(t, { processesPerUser: 1, args: ['old'] })
  await acquire()
  const next = acquire()
  t.true(await until(() => runner.queue.waiting === 1))
  change({ processesPerUser: 1, args: ['new'] })
  const fault = await t.throwsAsync(next, { instanceOf: RpcFault })
  t.regex(fault?.message ?? '', /has just been changed/)
  t.is(host.children.length, 1)
  await t.notThrowsAsync(acquire())
})

test('nothing is started any more once all of it ends', async (t) => {
  const { runner, host, held, acquire } = world(t, { isolation: 'user' })
  const late = acquire()
  await runner.stopAll(WAITS)
  await t.throwsAsync(late, { instanceOf: RpcFault })
  t.deepEqual([host.children.length, held], [0, []])
})

test('spares are started ahead, handed out, and replaced', async (t) => {
  const { runner, host, acquire } = world(t, { spares: 2 })
  t.true(await until(() => runner.running.spares.length === 2))
  const [first] = runner.running.spares
  const process = await acquire()
  t.true(process === first?.process)
  t.true(await until(() => runner.running.spares.length === 2))
  t.is(host.children.length, 3)
  const states = (await listProcesses(runner)).map(({ state, user }) => [state, user])
  t.deepEqual(states, [
    ['running', 'ann'],
    ['spare', null],
    ['spare', null],
  ])
})

test('spares that keep ending are not started in a spin, and hold up nobody', async (t) => {
  const { host, acquire } = world(t, { spares: 1 })
  for (let n = 0; n < 3; n += 1) {
    t.true(await until(() => host.children.length > n))
    host.children[n]?.end()
  }
  await sleep(300)
  t.is(host.children.length, 3)
  await t.notThrowsAsync(acquire())
})

test('a change ends the spares of before', async (t) => {
  const { runner, host, change } = world(t, { spares: 1, args: ['old'] })
  t.true(await until(() => runner.running.spares.length === 1))
  change({ spares: 1, args: ['new'] })
  t.true(await until(() => host.children.length === 2))
  t.deepEqual(
    host.children.map(({ wasStopped }) => wasStopped),
    [true, false],
  )
})

test('what everybody shares is started ahead, and stays', async (t) => {
  const { runner, host, held, acquire } = world(t, { isolation: 'shared', spares: 1, idle: 0 })
  t.true(await until(() => runner.running.processes.length === 1))
  t.deepEqual(held, ['svc'])
  const user = userOf('ann')
  const process = await acquire('ann', user)
  await runner.release(process, user)
  await sleep(50)
  t.deepEqual([host.children.length, process.isStopping], [1, false])
})

test('figures name services, and nobody', async (t) => {
  const { runner, host, acquire } = world(t, { isolation: 'user' })
  const process = await acquire('ann')
  await acquire('ben')
  host.children[0]?.end()
  await process.ended
  const figures = createFigures()
  tellRunner(figures, runner)
  const lines = (await figures.render()).split('\n')
  for (const line of [
    'mcp_gateway_service_processes{service="svc",state="running"} 1',
    'mcp_gateway_process_sessions{service="svc"} 1',
    'mcp_gateway_service_memory_bytes{service="svc"} 1024',
    'mcp_gateway_process_starts_total{service="svc"} 2',
    'mcp_gateway_process_failures_total{service="svc"} 1',
  ]) {
    t.true(lines.includes(line), line)
  }
  t.notRegex(lines.join('\n'), /ann|ben/)
})
