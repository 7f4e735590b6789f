/**
 * What children may do and must not: the same for those of the bridge itself and those of a runner program.
 */

import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { toUserId } from '../../mcp-bridge/runner/user-id.ts'
import { fixture, type LogLine, startBridge } from './bridge.ts'
import { fixtureInfo, initializeBody, json, note, open, rpc, send } from './mcp.ts'

const services = {
  fix: fixture('echoes.ts'),
  stubborn: fixture('never-exits.ts'),
  leaver: fixture('leaves-processes.ts'),
  flooder: fixture('floods-stderr.ts'),
  rubbish: fixture('prints-rubbish.ts'),
  mortal: fixture('dies-mid-call.ts', { isolation: 'shared' }),
  single: fixture('dies-mid-call.ts'),
  huge: fixture('answers-hugely.ts', { isolation: 'shared' }),
  deaf: fixture('reads-nothing.ts'),
  env: fixture('prints-environment.ts', {
    args: [join(import.meta.dirname, '../fixtures/prints-environment.ts'), '${user.id}', '${data}'],
    env: { WHO: '${user.name}', KEY: '${secret.SERVICE_KEY}' },
    folders: ['${data}/${user.id}'],
    isolation: 'user',
    cwd: '${data}',
  }),
  outspoken: {
    command: process.execPath,
    args: ['-e', 'console.log(process.env.LINES); console.error(process.env); process.exit(3)'],
    env: { KEY: 'Bearer ${secret.SERVICE_KEY}', LINES: '${secret.SERVICE_LINES}' },
  },
  tidy: fixture('echoes.ts', {
    cwd: '${data}',
    env: { WORD: '${user.id}' },
    stopCommand: ['/bin/sh', '-c', 'echo "$WORD $0" >> stopped', '${user.id}'],
  }),
  absent: { command: '/no/such/program' },
  broken: { command: process.execPath, args: ['-e', 'process.exit(3)'] },
}
const environment = {
  SERVICE_KEY: 'for-the-service',
  SERVICE_LINES: 'first-canary\nsecond-canary',
  GATEWAY_SECRET: 'canary-root',
  LC_ALL: 'C',
}
export async function testChildren(withRunner: boolean): Promise<void> {
  const bridge = await startBridge({ services, environment, withRunner })
  test.after.always(() => bridge.stop())

  const call = (service: string, session: string, method = 'echo', id: unknown = 1) =>
    json(send(bridge, service, rpc(method, {}, id), { session }))

  test('a call is answered at once when its server dies, and the session is gone', async (t) => {
    const other = await open(bridge, 'fix')
    const { id } = await open(bridge, 'single')
    const started = Date.now()
    const { error } = await call('single', id)
    t.true(Date.now() - started < 5000)
    t.is(error?.code, -32603)
    t.regex(error?.message ?? '', /service single/)
    t.is((await send(bridge, 'single', rpc('echo'), { session: id })).status, 404)
    t.is((await send(bridge, 'fix', rpc('echo'), { session: other.id })).status, 200)
  })

  test('what a server shows of its secrets is hidden wherever it is logged', async (t) => {
    t.truthy((await json(send(bridge, 'outspoken', initializeBody()))).error)
    const isItsOwn = ({ service }: LogLine): boolean => service === 'outspoken'
    const logged = (): string =>
      JSON.stringify(bridge.log.filter(isItsOwn)) + (bridge.runner?.printed.log ?? '')
    for (let waited = 0; waited < 5000 && !/without being asked/.test(logged()); waited += 10) {
      await sleep(10)
    }
    t.regex(logged(), /"stderr":" {2}KEY: 'Bearer \[redacted\]'/)
    t.regex(logged(), /"line":"\[redacted\]"/)
    t.notRegex(logged(), /for-the-service|-canary/)
  })

  test('a shared server that died is there again for the next session', async (t) => {
    const one = await open(bridge, 'mortal')
    const two = await open(bridge, 'mortal')
    t.is((await call('mortal', one.id)).error?.code, -32603)
    t.is((await send(bridge, 'mortal', rpc('echo'), { session: two.id })).status, 404)
    const three = await open(bridge, 'mortal')
    t.not(fixtureInfo(three.answer).pid, fixtureInfo(one.answer).pid)
  })

  for (const [service, what] of [
    ['absent', /service absent: could not be started/],
    ['broken', /service broken: ended before it answered/],
  ] as const) {
    test(`initialize of ${service} is answered with what is wrong`, async (t) => {
      const response = await send(bridge, service, initializeBody())
      t.is(response.headers.get('mcp-session-id'), null)
      const { id, error } = await json(response)
      t.is(id, 0)
      t.is(error?.code, -32603)
      t.regex(error?.message ?? '', what)
    })
  }

  test('a server that keeps ending at its start has to wait', async (t) => {
    const caller = { user: 'dev:loop' }
    const statuses: number[] = []
    // The wait doubles with each ending: even on a busy machine it soon outlasts a request.
    while (statuses.length < 10 && statuses.at(-1) !== 503) {
      statuses.push((await send(bridge, 'broken', initializeBody(), { caller })).status)
    }
    t.deepEqual(statuses.slice(0, 3), [200, 200, 200], 'some endings are free')
    t.is(statuses.at(-1), 503)
  })

  test('20 MB on stderr block nothing', async (t) => {
    const { id } = await open(bridge, 'flooder')
    t.deepEqual((await call('flooder', id)).result, {})
  })

  test('rubbish on stdout is skipped, split characters stay whole', async (t) => {
    const { id } = await open(bridge, 'rubbish')
    for (const one of [1, 2, 3]) {
      const answer = await call('rubbish', id, 'echo', one)
      t.like(answer, { id: one, result: { text: 'grüße' } })
    }
    t.true(bridge.log.some(({ msg }) => msg === 'server printed what is not a message'))
  })

  test('an answer beyond the limit fails its own call only', async (t) => {
    const { id } = await open(bridge, 'huge')
    const [huge, fine] = await Promise.all([
      call('huge', id, 'huge', 1),
      call('huge', id, 'fine', 2),
    ])
    t.is(huge.error?.code, -32603)
    t.regex(huge.error?.message ?? '', /larger/)
    t.is((fine.result?.['text'] as string | undefined)?.length, 1_000_000)
    t.is(
      ((await call('huge', id, 'fine', 3)).result?.['text'] as string | undefined)?.length,
      1_000_000,
    )
  })

  test('a server that does not read gets no more than the bound', async (t) => {
    const { id } = await open(bridge, 'deaf')
    const text = 'x'.repeat(9_000_000)
    const leave = new AbortController()
    const { promise, resolve } = Promise.withResolvers<number>()
    // The pipe and the bound hold less than five of them; what waits is never answered.
    for (let n = 0; n < 5; n += 1) {
      const options = { session: id, signal: leave.signal, accept: 'application/json' }
      send(bridge, 'deaf', rpc('x', { text }, n), options).then(
        ({ status }) => resolve(status),
        () => {},
      )
    }
    t.is(await promise, 503)
    leave.abort()
  })

  test('a child sees what is listed and nothing of the gateway', async (t) => {
    const caller = { user: 'github:583231', name: 'Ann Ü' }
    const { id } = await open(bridge, 'env', { caller })
    const { result } = await json(send(bridge, 'env', rpc('env'), { session: id, caller }))
    const seen = result as { env: Record<string, string>; args: string[]; cwd: string }
    // The runner itself is started with little more than nothing.
    const inherited = withRunner ? [] : ['PATH', 'HOME']
    const allowed = [...inherited, 'LC_ALL', 'WHO', 'KEY']
    const owner = withRunner ? 'MCP_GATEWAY_RUNNER' : 'MCP_GATEWAY_BRIDGE'
    const markers = ['MCP_GATEWAY_INSTANCE', owner, 'MCP_GATEWAY_CHILD']
    t.deepEqual(Object.keys(seen.env).sort(), [...allowed, ...markers].sort())
    t.like(seen.env, { WHO: 'Ann Ü', KEY: 'for-the-service', MCP_GATEWAY_INSTANCE: bridge.marker })
    const data = join(bridge.runner?.data ?? join(bridge.stateDirectory, 'services'), 'env')
    t.deepEqual(seen.args, [toUserId('github:583231'), data])
    t.is(seen.cwd, data)
    t.is(statSync(join(data, toUserId('github:583231'))).mode & 0o777, 0o700)
  })

  for (const [service, processes] of [
    ['fix', 1],
    ['stubborn', 1],
    ['leaver', 3],
  ] as const) {
    test.serial(`nothing of ${service} is left after DELETE`, async (t) => {
      const own = await startBridge({ services, withRunner })
      t.teardown(() => own.stop())
      const { id } = await open(own, service)
      await send(own, service, rpc('echo'), { session: id })
      t.is(own.children().length, processes)
      await send(own, service, undefined, { session: id, method: 'DELETE' })
      t.deepEqual(await own.childrenAtLast(), [])
    })

    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      test.serial(`nothing of ${service} is left after ${signal} of the bridge`, async (t) => {
        const own = await startBridge({ services, withRunner })
        t.teardown(() => own.stop())
        const { id } = await open(own, service)
        await open(own, 'echo')
        await send(own, service, rpc('echo'), { session: id })
        t.is(own.children().length, processes + 1)
        const exitCode = await own.end(signal)
        if (signal === 'SIGTERM') t.is(exitCode, 0)
        t.deepEqual(await own.childrenAtLast(), [])
        if (signal === 'SIGTERM') t.false(existsSync(own.socket))
      })
    }
  }

  test.serial('SIGTERM answers what still waits', async (t) => {
    const own = await startBridge({ services, withRunner })
    t.teardown(() => own.stop())
    const { id } = await open(own, 'fix')
    const waiting = json(send(own, 'fix', rpc('never'), { session: id }))
    await send(own, 'fix', note('notifications/x'), { session: id })
    await own.end('SIGTERM')
    t.is((await waiting).error?.code, -32603)
  })

  test.serial(
    'the stop command runs when the session ends, and at SIGTERM of the bridge',
    async (t) => {
      const own = await startBridge({ services, withRunner })
      t.teardown(() => own.stop())
      const data = own.runner?.data ?? join(own.stateDirectory, 'services')
      const stopped = (): string[] => {
        const file = join(data, 'tidy/stopped')
        return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
      }
      const { id } = await open(own, 'tidy')
      await send(own, 'tidy', undefined, { session: id, method: 'DELETE' })
      for (let attempt = 0; attempt < 100 && stopped().length < 1; attempt += 1) await sleep(50)
      const ann = toUserId('dev:ann')
      t.deepEqual(stopped(), [`${ann} ${ann}`])
      await open(own, 'tidy')
      t.is(await own.end('SIGTERM'), 0)
      t.deepEqual(stopped(), [`${ann} ${ann}`, `${ann} ${ann}`])
    },
  )
}
