/** Servers that misbehave, each in its way: its own caller gets an honest answer, and nobody else notices. */

import { join, relative } from 'node:path'
import test from 'ava'
import { toUserId } from '../../mcp-bridge/runner/user-id.ts'
import { fixture, PATIENT_LEASE_MS, startBridge } from '../support/bridge.ts'
import {
  allEvents,
  fixtureInfo,
  initializeBody,
  json,
  open,
  type RpcBody,
  rpc,
  send,
} from '../support/mcp.ts'
import { memoryOf } from '../support/process-figures.ts'
import { verifies, verifiesAlone } from '../support/verifies.ts'

const MIB = 1024 * 1024
const PATIENCE_MS = 20_000
const FIXTURES = join(import.meta.dirname, '../fixtures')

const services = {
  fix: fixture('echoes.ts'),
  mine: fixture('echoes.ts', { isolation: 'user' }),
  all: fixture('echoes.ts', { isolation: 'shared' }),
  mortal: fixture('dies-mid-call.ts'),
  common: fixture('dies-mid-call.ts', { isolation: 'shared' }),
  rubbish: fixture('prints-rubbish.ts'),
  flooder: fixture('floods-stderr.ts'),
  wrong: fixture('answers-wrongly.ts'),
  deaf: fixture('reads-nothing.ts'),
  huge: fixture('answers-hugely.ts', { isolation: 'shared', messageBytes: 8 * MIB }),
  endless: fixture('never-ends-a-line.ts', { messageBytes: MIB, callTimeout: 2 }),
  quiet: fixture('works-slowly.ts', { callTimeout: 1, callCeiling: 3 }),
  absent: { command: '/no/such/program' },
  broken: { command: process.execPath, args: ['-e', 'process.exit(3)'] },
  env: fixture('prints-environment.ts', {
    args: [join(FIXTURES, 'prints-environment.ts'), '${user.id}'],
    env: { KEY: '${secret.SERVICE_KEY}' },
    isolation: 'user',
  }),
}
const environment = {
  SERVICE_KEY: 'for-the-service',
  GATEWAY_SECRET: 'canary-root',
  MCP_BRIDGE_LEASE_MS: PATIENT_LEASE_MS,
}
const bridge = await startBridge({ services, environment })
test.after.always(() => bridge.stop())

/** What is never answered shall fail its test alone. */
const call = (service: string, session: string, method = 'echo', params: object = {}, id = 1) =>
  json(
    send(bridge, service, rpc(method, params, id), {
      session,
      signal: AbortSignal.timeout(PATIENCE_MS),
    }),
  )

const failureOf = ({ error }: RpcBody) => ({ code: error?.code, message: error?.message ?? '' })

verifies('child-for-each', async (t) => {
  const pidsOf = (service: string) =>
    Promise.all(
      ['dev:p', 'dev:p', 'dev:q', 'dev:q'].map(async (user) => {
        const { answer } = await open(bridge, service, { caller: { user } })
        return fixtureInfo(answer).pid
      }),
    )
  t.is(new Set(await pidsOf('fix')).size, 4)
  const [p1, p2, q1, q2] = await pidsOf('mine')
  t.deepEqual([p1, q1], [p2, q2])
  t.not(p1, q1)
  t.is(new Set(await pidsOf('all')).size, 1)
})

verifies('child-knows-client', async (t) => {
  const capabilities = { sampling: {}, elicitation: {}, roots: { listChanged: true } }
  const own = fixtureInfo((await open(bridge, 'fix', { capabilities })).answer)
  t.deepEqual(own.saw, capabilities)
  t.deepEqual(own.client, { name: 'raw', version: '1' })
  const shared = fixtureInfo((await open(bridge, 'all', { capabilities })).answer)
  t.deepEqual(shared.saw, {})
  t.notDeepEqual(shared.client, { name: 'raw', version: '1' })
})

verifies('child-dies-in-call', async (t) => {
  const witness = await open(bridge, 'fix')
  for (const service of ['mortal', 'common']) {
    const { id } = await open(bridge, service)
    const meanwhile = call('fix', witness.id, 'later', { ms: 300 })
    const startedAt = performance.now()
    const { code, message } = failureOf(await call(service, id))
    t.true(performance.now() - startedAt < 5000, 'at once')
    t.is(code, -32603)
    t.regex(message, new RegExp(`service ${service}\\b`))
    t.is((await send(bridge, service, rpc('echo'), { session: id })).status, 404)
    t.like((await meanwhile).result, { params: { ms: 300 } })
    t.truthy((await open(bridge, service)).answer.result, 'the next session finds a new one')
  }
})

verifies('child-prints-rubbish', async (t) => {
  const { id } = await open(bridge, 'rubbish')
  for (const n of [1, 2, 3]) {
    t.like(await call('rubbish', id, 'echo', {}, n), { id: n, result: { text: 'grüße' } })
  }
  const pair = await Promise.all([4, 5].map((n) => call('rubbish', id, 'pair', {}, n)))
  t.like(pair, { 0: { id: 4, result: { text: 'grüße' } }, 1: { id: 5, result: { text: 'grüße' } } })
})

verifies('child-floods-stderr', async (t) => {
  const { id } = await open(bridge, 'flooder')
  const startedAt = performance.now()
  for (const n of [1, 2, 3]) t.deepEqual((await call('flooder', id, 'x', {}, n)).result, {})
  const seconds = 1 + (performance.now() - startedAt) / 1000
  const lines = bridge.log.filter((line) => line['service'] === 'flooder' && 'stderr' in line)
  t.true(lines.length > 0 && lines.length < 25 * (seconds + 1), `${lines.length} lines`)
  t.true(lines.every((line) => String(line['stderr']).length <= 4096))
})

verifies('child-silent', async (t) => {
  const { id } = await open(bridge, 'quiet')
  const startedAt = performance.now()
  const { message } = failureOf(await call('quiet', id, 'work', { ms: 60_000 }))
  const ms = performance.now() - startedAt
  t.true(ms > 900 && ms < 15_000, `${ms} ms`)
  t.regex(message, /service quiet\b/)
  const heard = JSON.stringify((await call('quiet', id, 'heard')).result)
  t.regex(heard, /notifications\/cancelled/)
})

verifies('child-progressing', async (t) => {
  const { id } = await open(bridge, 'quiet')
  const work = async (steps: number, ms: number) =>
    await allEvents(
      await send(bridge, 'quiet', rpc('work', { steps, ms, _meta: { progressToken: 'p' } }), {
        session: id,
        signal: AbortSignal.timeout(PATIENCE_MS),
      }),
    )
  const [alive, endless] = await Promise.all([work(4, 500), work(60, 500)])
  t.truthy(alive.at(-1)?.result, 'longer than the time of a silent call')
  t.regex(failureOf(endless.at(-1) ?? {}).message, /service quiet\b/)
  t.true(endless.length > 3 && endless.length < 40, `${endless.length} events`)
})

verifies('child-cannot-start', async (t) => {
  for (const service of ['absent', 'broken']) {
    const caller = { user: `dev:starts-${service}` }
    const startedAt = performance.now()
    const response = await send(bridge, service, initializeBody(), { caller })
    const { code, message } = failureOf(await json(response))
    t.true(performance.now() - startedAt < 5000)
    t.is(response.headers.get('mcp-session-id'), null)
    t.is(code, -32603)
    t.regex(message, new RegExp(`service ${service}\\b`))
  }
})

verifies('child-keeps-ending', async (t) => {
  const caller = { user: 'dev:loop' }
  let last: Response | undefined
  for (let attempt = 0; attempt < 12 && last?.status !== 503; attempt += 1) {
    last = await send(bridge, 'broken', initializeBody(), { caller })
  }
  t.is(last?.status, 503)
  t.regex(last?.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
  t.regex(failureOf(await json(last ?? t.fail())).message, /service broken\b/)
  const other = await send(bridge, 'broken', initializeBody(), { caller: { user: 'dev:luck' } })
  t.is(other.status, 200, 'another person has an own count')
  const loops = () =>
    bridge.log.filter((line) => line['user'] === 'dev:loop' && 'exit_code' in line).length
  const before = loops()
  await call('fix', (await open(bridge, 'fix')).id, 'later', { ms: 700 })
  t.is(loops(), before, 'nothing is started by itself')
})

verifiesAlone('child-endless-line', async (t) => {
  const huge = await open(bridge, 'huge')
  const [tooLarge, fine] = await Promise.all([
    call('huge', huge.id, 'huge', {}, 1),
    call('huge', huge.id, 'fine', {}, 2),
  ])
  t.is(failureOf(tooLarge).code, -32603)
  t.is((fine.result?.['text'] as string | undefined)?.length, 1_000_000)
  const { id } = await open(bridge, 'endless')
  const before = memoryOf(bridge.process.pid)
  const witness = await open(bridge, 'fix')
  const endless = call('endless', id)
  t.like((await call('fix', witness.id, 'later', { ms: 500 })).result, { params: { ms: 500 } })
  t.is(typeof failureOf(await endless).code, 'number')
  const grown = memoryOf(bridge.process.pid) - before
  t.true(grown < 96 * MIB, `${grown} bytes more`)
  await send(bridge, 'endless', undefined, { session: id, method: 'DELETE' })
})

verifiesAlone('child-does-not-read', async (t) => {
  const { id } = await open(bridge, 'deaf')
  const before = memoryOf(bridge.process.pid)
  const leave = new AbortController()
  const statuses: number[] = []
  // The pipe and the bound hold less than half of them; what waits is never answered.
  for (let n = 0; n < 10; n += 1) {
    const body = rpc('x', { text: 'x'.repeat(9_000_000) }, n)
    const asked = send(bridge, 'deaf', body, {
      session: id,
      signal: leave.signal,
      accept: 'application/json',
    })
    asked.then(
      ({ status, headers }) => {
        if (headers.get('retry-after') !== null) statuses.push(status)
      },
      () => {},
    )
    if (n > 4) await Promise.race([asked, call('fix', (await open(bridge, 'fix')).id)])
  }
  t.true(statuses.length >= 3 && statuses.every((status) => status === 503), String(statuses))
  const grown = (): number => memoryOf(bridge.process.pid) - before
  const other = await open(bridge, 'fix')
  // What was refused waits for the collector, which comes when there is work; what is held stays.
  for (let n = 0; n < 40 && grown() >= 256 * MIB; n += 1) {
    await call('fix', other.id, 'echo', { text: 'x'.repeat(MIB) })
  }
  t.true(grown() < 256 * MIB, `${grown() / MIB} MiB more`)
  leave.abort()
  await send(bridge, 'deaf', undefined, { session: id, method: 'DELETE' })
})

verifies('child-answers-wrongly', async (t) => {
  const { id } = await open(bridge, 'wrong')
  const answers = await Promise.all(
    [1, 2, 3, 4].map(async (n) =>
      (await send(bridge, 'wrong', rpc('echo', {}, n), { session: id })).text(),
    ),
  )
  for (const [index, text] of answers.entries()) {
    t.regex(text, new RegExp(`"id":${index + 1}\\b`))
    t.regex(text, /"first":true/)
    t.notRegex(text, /second|third|wrong|whose/)
  }
})

verifies('child-environment', async (t) => {
  const caller = { user: 'github:583231' }
  const { id } = await open(bridge, 'env', { caller })
  const evil = { argv: ['--evil'], env: { EVIL: '1' }, command: '/bin/evil' }
  const { result } = await json(send(bridge, 'env', rpc('env', evil), { session: id, caller }))
  const seen = result as {
    env: Record<string, string>
    args: string[]
    cwd: string
    open: string[]
  }
  const listed = /^(?:PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|KEY|MCP_GATEWAY_[A-Z]+)$/
  // Node itself hands it on, whatever a process is given: there is none but under `npm run coverage`.
  const measured = process.env['NODE_V8_COVERAGE'] === undefined ? [] : ['NODE_V8_COVERAGE']
  t.deepEqual(
    Object.keys(seen.env).filter((name) => !listed.test(name)),
    measured,
  )
  t.is(seen.env['KEY'], 'for-the-service')
  t.notRegex(JSON.stringify(seen), /canary-root|edge-secret|redis|evil/i)
  t.deepEqual(seen.args, [toUserId('github:583231')])
  t.deepEqual(seen.open, [])
  t.is(
    relative(process.cwd(), seen.cwd).startsWith('..'),
    true,
    `its folder is not ours: ${seen.cwd}`,
  )
})
