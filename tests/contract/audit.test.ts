import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createLog } from '../../lib/platform/log.ts'
import { redisAudit } from '../../lib/store/audit.ts'
import { AUDIT_KEY, auditAfter, auditEnd, lastAudit } from '../../lib/store/audit-record.ts'
import { startValkey, type Valkey } from '../support/valkey.ts'

const WRITE_MS = 20
const record = (target: string) => ({
  at: 1,
  room: 'test',
  action: 'tools/call',
  outcome: 'ok',
  target,
})

async function setUp(t: ExecutionContext, entriesMax = 1000, persistent = false) {
  const valkey: Valkey = await startValkey({ persistent })
  t.teardown(() => valkey.stop())
  const redis = await valkey.connect()
  const lines: Record<string, unknown>[] = []
  const write = (line: string): void => void lines.push(JSON.parse(line))
  const log = createLog('test', 'info', { write })
  const trail = redisAudit({ redis, entriesMax, log, writeMs: WRITE_MS })
  const all = async (): Promise<(string | undefined)[]> =>
    (await lastAudit(redis, 100_000, () => true)).map(({ record: { target } }) => target)
  return { valkey, redis, trail, lines, all }
}

async function until(isDone: () => Promise<boolean> | boolean): Promise<void> {
  for (let time = 0; time < 400 && !(await isDone()); time += 1) await sleep(25)
}

test('records are written by themselves, in order, and read from the end', async (t) => {
  const { trail, redis, all } = await setUp(t, 10_000)
  for (let count = 0; count < 1200; count += 1) trail.append(record(`tool ${count}`))
  await until(async () => (await all()).length === 1200)
  t.deepEqual(
    await all(),
    Array.from({ length: 1200 }, (_, count) => `tool ${count}`),
  )
  const last = await lastAudit(redis, 2, ({ target }) => target?.endsWith('7') === true)
  t.deepEqual(
    last.map((entry) => entry.record),
    [record('tool 1187'), record('tool 1197')],
  )
  const end = await auditEnd(redis)
  trail.append(record('next'))
  await trail.flush()
  t.deepEqual(
    (await auditAfter(redis, end)).map((entry) => entry.record),
    [record('next')],
  )
})

test('under load what comes within a while is written together', async (t) => {
  const { trail, redis, all } = await setUp(t, 100_000)
  const began = performance.now()
  let count = 0
  while (performance.now() - began < 10 * WRITE_MS) {
    // A busy machine wakes late: so many each time are more than it takes.
    for (const end = count + 20; count < end; count += 1) trail.append(record(`tool ${count}`))
    await sleep(1)
  }
  const writings = Math.ceil((performance.now() - began) / WRITE_MS)
  await trail.flush()
  t.is((await all()).length, count)
  t.true(count > 3 * writings, `${count} records`)
  const writers = (await redis.keys('*')).filter((key) => key.includes('audit-batch:'))
  t.is(writers.length, 1)
  const commands = Number(await redis.get(/audit-batch:.*/.exec(writers[0] ?? '')?.[0] ?? ''))
  t.true(commands > 1 && commands <= writings + 1, `${commands} commands in ${writings} times`)
})

test('a full batch is written at once, and characters of any length arrive', async (t) => {
  const { redis } = await setUp(t, 10_000)
  const log = createLog('test', 'error')
  const slow = redisAudit({ redis, entriesMax: 10_000, log, writeMs: 60_000 })
  const targets = Array.from({ length: 1001 }, (_, at) => `${at} ${'ä€😀\n'.repeat(at % 50)}`)
  for (const target of targets) slow.append(record(target))
  const written = () => lastAudit(redis, 2000, () => true)
  await until(async () => (await written()).length === 1000)
  const found = (await written()).map((entry) => entry.record.target)
  t.is(found.length, 1000)
  t.is(
    found.findIndex((target, at) => target !== targets[at]),
    -1,
  )
  await slow.flush()
  t.is((await written()).at(-1)?.record.target, targets[1000])
})

test('the log is bounded', async (t) => {
  const { trail, redis, all } = await setUp(t, 300)
  for (let count = 0; count < 2000; count += 1) trail.append(record(`tool ${count}`))
  await trail.flush()
  const length = await redis.xlen(AUDIT_KEY)
  t.true(length >= 300 && length < 600, String(length))
  t.is((await all()).at(-1), 'tool 1999')
})

test('an empty log has an end', async (t) => {
  const { redis } = await setUp(t)
  t.is(await auditEnd(redis), '-')
  t.deepEqual(await auditAfter(redis, '-'), [])
  t.deepEqual(await lastAudit(redis, 5, () => true), [])
})

test('what a store that is away could not take is written when it is back, once', async (t) => {
  const { valkey, trail, lines, all, redis } = await setUp(t, 1000, true)
  trail.append(record('before'))
  await trail.flush()
  await valkey.kill()
  trail.append(record('meanwhile'))
  await until(() => lines.some(({ msg }) => msg === 'the audit log cannot be written'))
  trail.append(record('later'))
  await valkey.restart()
  await until(() => redis.status === 'ready')
  await until(async () => (await all()).length === 3)
  t.deepEqual(await all(), ['before', 'meanwhile', 'later'])
  t.is(lines.filter(({ msg }) => msg === 'the audit log cannot be written').length, 1)
})

test('a batch that was written though nobody heard of it is not there twice', async (t) => {
  const { redis, all } = await setUp(t)
  let losses = 0
  const deaf = new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return async (...values: unknown[]): Promise<unknown> => {
        const answer: unknown = await Reflect.apply(value, target, values)
        if (name !== 'eval') return answer
        losses += 1
        throw new Error('Command timed out')
      }
    },
  })
  const trail = redisAudit({
    redis: deaf,
    entriesMax: 10,
    log: createLog('test', 'error'),
    writeMs: 5,
  })
  trail.append(record('once'))
  await until(() => losses === 1)
  trail.append(record('next'))
  await until(async () => (await all()).length >= 2)
  t.deepEqual(await all(), ['once', 'next'])
})

test('too many for a store that is away are counted', async (t) => {
  const { valkey, trail, lines, redis, all } = await setUp(t, 10_000, true)
  await valkey.kill()
  for (let count = 0; count < 6000; count += 1) trail.append(record(`tool ${count}`))
  t.is(lines.filter(({ msg }) => /too many are unwritten/.test(String(msg))).length, 1)
  await valkey.restart()
  await until(() => redis.status === 'ready')
  await until(async () => (await all()).length === 5000)
  await until(() => lines.some(({ records }) => records === 1000))
  t.true(lines.some(({ records }) => records === 1000))
})
