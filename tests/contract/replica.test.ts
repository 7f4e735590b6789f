import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createLog } from '../../lib/platform/log.ts'
import { PUBLIC_KEYS_KEY } from '../../lib/store/public-keys.ts'
import { FRESH_MS } from '../../lib/store/replica-proof.ts'
import {
  EPOCH_KEY,
  NUMBER_KEY,
  REVOCATIONS_KEY,
  redisRevocations,
  STREAM_KEY,
} from '../../lib/store/revocations.ts'
import { startLateProxy } from '../support/late-proxy.ts'
import { begin, by, follow, LATER, presented, until } from '../support/replica.ts'
import { startValkey } from '../support/valkey.ts'

test('knows nothing before the first load, and does not load a store without an epoch', async (t) => {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  const replica = follow(t, valkey.url)
  await sleep(300)
  t.false(replica.isLoaded())
  t.is(replica.judge(presented('any')), undefined)
  t.is(replica.staleness(), Number.POSITIVE_INFINITY)
  await redisRevocations(await valkey.connect()).ensureEpoch()
  await until(() => replica.isLoaded())
  t.is(by(replica.judge(presented('any'))), 'alive')
})

test('a start is told as a fault where the store is away, and not where it is there', async (t) => {
  const listen = () => {
    const lines: string[] = []
    return { lines, log: createLog('test', 'warn', { write: (line) => void lines.push(line) }) }
  }
  const [healthy, away] = [listen(), listen()]
  const { valkey, replica } = await begin(t, { log: healthy.log })
  await until(() => replica.staleness() < FRESH_MS)
  t.deepEqual(healthy.lines, [])
  await valkey.kill()
  follow(t, valkey.url, { log: away.log })
  await until(() => away.lines.some((line) => line.includes('revocations cannot be followed')))
})

test('what was revoked before the load and after it is refused, by each kind', async (t) => {
  const { revocations, replica, valkey } = await begin(t)
  await revocations.revoke('token', 'token-a', LATER)
  await revocations.revoke('grant', '1-b', LATER)
  const client = await revocations.revoke('client', 'client-c', LATER)
  const user = await revocations.revoke('user', 'dev:d', LATER)
  await until(() => by(replica.judge(presented('d'))) === 'user')
  const late = follow(t, valkey.url)
  await until(() => late.isLoaded())
  for (const reader of [replica, late]) {
    t.is(by(reader.judge(presented('a'))), 'token')
    t.is(by(reader.judge(presented('b'))), 'grant')
    t.is(by(reader.judge(presented('c', client))), 'client')
    t.is(by(reader.judge(presented('d', user))), 'user')
    t.is(by(reader.judge(presented('c', client + 1))), 'alive')
    t.is(by(reader.judge(presented('d', user + 1))), 'alive')
    t.is(by(reader.judge({ ...presented('d'), grantId: 'no-instant' })), 'user')
    t.is(by(reader.judge({ ...presented('e'), issuedAt: 1 })), 'epoch')
  }
})

test('answers as the store does, whatever is asked', async (t) => {
  const { revocations, replica } = await begin(t)
  const instant = await revocations.revoke('user', 'dev:f', LATER)
  await until(() => by(replica.judge(presented('f'))) === 'user')
  for (const made of [instant - 1, instant, instant + 1]) {
    t.deepEqual(replica.judge(presented('f', made)), await revocations.ask(presented('f', made)))
  }
})

test('tells its listeners of each change', async (t) => {
  const { revocations, replica } = await begin(t)
  let told = 0
  const end = replica.onChange(() => {
    told += 1
  })
  await revocations.revoke('token', 'token-a', LATER)
  await until(() => told > 0)
  end()
  told = 0
  await revocations.revoke('token', 'token-b', LATER)
  await until(() => by(replica.judge(presented('b'))) === 'token')
  t.is(told, 0)
})

test('stays fresh while nothing happens', async (t) => {
  const { replica } = await begin(t)
  await sleep(FRESH_MS + 500)
  t.is(by(replica.judge(presented('any'))), 'alive')
  t.is(replica.figures().loads, 1)
})

test('two writers at once: every write arrives, and none of them is taken for a gap', async (t) => {
  const { valkey, replica } = await begin(t)
  const writers = [await valkey.connect(), await valkey.connect()].map(redisRevocations)
  await Promise.all(
    writers.flatMap((writer, index) =>
      Array.from({ length: 300 }, (_, count) =>
        writer.revoke('token', `token-${index}-${count}`, LATER),
      ),
    ),
  )
  await until(() => replica.figures().revocations === 600)
  t.is(replica.figures().loads, 1)
})

test('FLUSHALL on a live connection: nobody is let in from memory, until the store begins anew', async (t) => {
  const { redis, revocations, replica } = await begin(t)
  await revocations.revoke('token', 'token-a', LATER)
  await until(() => by(replica.judge(presented('a'))) === 'token')
  await redis.flushall()
  await until(() => by(replica.judge(presented('any'))) === 'unknown')
  t.is(by(replica.judge(presented('a'))), 'token', 'what is refused stays refused')
  const notBefore = await revocations.ensureEpoch()
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  t.is(by(replica.judge({ ...presented('any'), issuedAt: notBefore - 1 })), 'epoch')
  t.is(by(replica.judge(presented('a'))), 'token', 'the store has forgotten, memory has not')
})

test('a stream trimmed in the middle is noticed, and everything loaded again', async (t) => {
  const { redis, replica } = await begin(t)
  const write = (transaction: ReturnType<typeof redis.multi>, number: number, name: string) =>
    transaction
      .incr(NUMBER_KEY)
      .hset(REVOCATIONS_KEY, `token:token-${name}`, `1:${LATER}`)
      .xadd(
        STREAM_KEY,
        '*',
        'number',
        number,
        'member',
        `token:token-${name}`,
        'entry',
        `1:${LATER}`,
      )
  const first = write(redis.multi(), 1, 'a')
  await write(first, 2, 'b').xtrim(STREAM_KEY, 'MAXLEN', 1).exec()
  await until(() => replica.figures().loads === 2)
  t.is(by(replica.judge(presented('a'))), 'token')
})

test('writes that never reach the stream make memory doubtful, then it is loaded again', async (t) => {
  const { redis, replica } = await begin(t)
  await redis.multi().incr(NUMBER_KEY).hset(REVOCATIONS_KEY, 'token:token-a', `1:${LATER}`).exec()
  await until(() => replica.figures().loads === 2)
  t.is(by(replica.judge(presented('a'))), 'token')
})

test('a store put back to an earlier state refuses what was issued before, at every reader', async (t) => {
  const { valkey, redis, revocations, replica } = await begin(t)
  const issuedNow = () => ({ ...presented('any'), issuedAt: Math.floor(Date.now() / 1000) })
  await until(async () => by(await revocations.ask(issuedNow())) === 'alive')
  await revocations.revoke('token', 'token-kept', LATER)
  const backup = await redis.dump(REVOCATIONS_KEY)
  t.truthy(backup)
  const number = Number(await redis.get(NUMBER_KEY))
  await revocations.revoke('token', 'token-lost', LATER)
  await until(() => by(replica.judge(presented('lost'))) === 'token')
  const now = Math.floor(Date.now() / 1000)
  await redis
    .multi()
    .hdel(REVOCATIONS_KEY, 'token:token-lost')
    .set(NUMBER_KEY, number)
    .del(STREAM_KEY)
    .exec()
  await until(
    async () => by(await revocations.ask({ ...presented('any'), issuedAt: now })) === 'epoch',
  )
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  t.is(by(replica.judge(presented('lost'))), 'token')
  const other = follow(t, valkey.url)
  await until(() => other.isLoaded())
  t.is(by(other.judge({ ...presented('lost'), issuedAt: now })), 'epoch')
})

test('a store that was replaced by another one is loaded anew after the reconnect', async (t) => {
  const { valkey, replica } = await begin(t)
  await valkey.kill()
  await until(() => by(replica.judge(presented('any'))) === 'unknown')
  await valkey.restart()
  const redis = await valkey.connect()
  t.is(by(replica.judge(presented('any'))), 'unknown', 'an empty store proves nothing')
  await redisRevocations(redis).ensureEpoch()
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  t.true(replica.figures().loads >= 2)
})

test('a frozen store: memory counts for two seconds after its last proof', async (t) => {
  const { valkey, replica } = await begin(t)
  process.kill(valkey.pid, 'SIGSTOP')
  t.teardown(() => process.kill(valkey.pid, 'SIGCONT'))
  t.is(by(replica.judge(presented('any'))), 'alive')
  const began = performance.now()
  await until(() => by(replica.judge(presented('any'))) === 'unknown')
  t.true(performance.now() - began < FRESH_MS + 500)
  process.kill(valkey.pid, 'SIGCONT')
  await until(() => by(replica.judge(presented('any'))) === 'alive')
})

test('what comes from the store late is as old as the question for it', async (t) => {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  await redisRevocations(await valkey.connect()).ensureEpoch()
  const late = await startLateProxy(valkey.url, LATE_MS)
  t.teardown(() => late.close())
  const replica = follow(t, late.url)
  await until(() => replica.isLoaded())
  const end = performance.now() + 3 * LATE_MS
  const ages: number[] = []
  while (performance.now() < end) {
    ages.push(replica.staleness())
    await sleep(5)
  }
  t.true(Math.min(...ages) >= LATE_MS - 50, String(Math.min(...ages)))
  t.true(Math.min(...ages) < FRESH_MS, 'and counts all the same')
})

const LATE_MS = 700

test('a reader frozen for ten seconds knows that it is late, and asks nobody to believe it', async (t) => {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  const revocations = redisRevocations(await valkey.connect())
  await revocations.ensureEpoch()
  const fixture = join(import.meta.dirname, '../fixtures/replica-main.ts')
  const child = spawn(process.execPath, [fixture, valkey.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)
  const ask = async (): Promise<string> => {
    child.stdin.write(`${JSON.stringify(presented('any'))}\n`)
    const [line] = (await once(lines, 'line')) as [string]
    return line
  }
  await until(async () => (await ask()) === '{"revoked":false}')
  child.kill('SIGSTOP')
  await revocations.revoke('token', 'token-any', LATER)
  await sleep(10_000)
  const answering = ask()
  child.kill('SIGCONT')
  t.not(await answering, '{"revoked":false}')
  await until(async () => (await ask()) === '{"revoked":true,"by":"token"}')
})

for (const offMs of [-2000, 2000]) {
  test(`a clock ${offMs} ms off changes nothing`, async (t) => {
    const clock = (): number => Date.now() + offMs
    const { revocations, replica } = await begin(t, { clock })
    await revocations.revoke('token', 'token-a', Math.floor(Date.now() / 1000) + 1)
    await until(() => by(replica.judge(presented('a'))) === 'token')
    t.is(by(replica.judge(presented('any'))), 'alive')
  })
}

test('a clock that is set forward makes memory doubtful only until the next proof', async (t) => {
  let offMs = 0
  const { replica } = await begin(t, { clock: () => Date.now() + offMs })
  offMs = 3_600_000
  t.is(by(replica.judge(presented('any'))), 'unknown')
  await until(() => by(replica.judge(presented('any'))) === 'alive')
})

test('everything is loaded again now and then', async (t) => {
  const { redis, replica } = await begin(t, { reloadMs: 300 })
  // What nobody announced, as after a fault that nobody foresaw.
  await redis.hset(REVOCATIONS_KEY, 'token:token-a', `1:${LATER}`)
  await until(() => by(replica.judge(presented('a'))) === 'token')
  t.pass()
})

test('an entry ends at its time', async (t) => {
  let offMs = 0
  const { revocations, replica } = await begin(t, { clock: () => Date.now() + offMs })
  await revocations.revoke('token', 'token-a', Math.floor(Date.now() / 1000) + 600)
  await until(() => replica.figures().revocations === 1)
  replica.forget()
  t.is(replica.figures().revocations, 1, 'not before')
  offMs = 500_000
  replica.forget()
  t.is(by(replica.judge(presented('a'))), 'token', 'nor while its token could pass')
  offMs = 700_000
  replica.forget()
  t.is(replica.figures().revocations, 0)
})

test('changes of the published keys arrive', async (t) => {
  const { redis, replica } = await begin(t)
  await redis
    .multi()
    .hset(PUBLIC_KEYS_KEY, 'k', JSON.stringify({ kid: 'k', kty: 'EC', alg: 'ES256', use: 'sig' }))
    .incr(NUMBER_KEY)
    .xadd(STREAM_KEY, '*', 'number', 1, 'changed', 'keys')
    .exec()
  await until(() => replica.keys().has('k'))
  t.is(replica.figures().loads, 1)
})

test('another epoch is another store, even on the same connection', async (t) => {
  const { redis, replica } = await begin(t)
  await redis.hset(EPOCH_KEY, 'id', 'other', 'not_before', LATER + 1)
  await until(() => by(replica.judge(presented('any'))) === 'epoch')
  await until(() => replica.figures().loads === 2)
  t.pass()
})
