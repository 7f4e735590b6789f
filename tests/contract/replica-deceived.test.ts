/** What could make a replica believe that it knows everything: clocks that are set, and stores that are put back. */

import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createLog } from '../../lib/platform/log.ts'
import { FRESH_MS } from '../../lib/store/replica-proof.ts'
import {
  EPOCH_KEY,
  NUMBER_KEY,
  REVOCATIONS_KEY,
  redisRevocations,
  STREAM_KEY,
} from '../../lib/store/revocations.ts'
import {
  begin,
  by,
  follow,
  issuedWhileItCounts,
  LATER,
  presented,
  until,
} from '../support/replica.ts'
import { startStoreProxy } from '../support/store-proxy.ts'
import { startValkey } from '../support/valkey.ts'

/** What is told as an error here is meant to be. */
const quiet = createLog('test', 'error', { write() {} })

const seconds = (): number => Math.floor(Date.now() / 1000)

test('a clock that is set forward and back: what was let go as ended is read again', async (t) => {
  let offMs = 0
  const { revocations, replica } = await begin(t, { clock: () => Date.now() + offMs })
  await revocations.revoke('token', 'token-a', seconds() + 3600)
  await until(() => replica.figures().revocations === 1)
  offMs = 7_200_000
  replica.forget()
  t.is(replica.figures().revocations, 0)
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  offMs = 0
  t.is(by(replica.judge(presented('a'))), 'unknown')
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  t.is(by(replica.judge(presented('a'))), 'token')
})

test('a clock that falls while memory lacks nothing makes it doubtful until the next proof', async (t) => {
  let offMs = 0
  const { replica } = await begin(t, { clock: () => Date.now() + offMs })
  offMs = -3_600_000
  t.is(by(replica.judge(presented('any'))), 'unknown')
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  t.is(replica.figures().loads, 1)
})

test('a store put back behind a change of epoch refuses what was issued before', async (t) => {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  const redis = await valkey.connect()
  const first = seconds() - 10_000
  await redis.hset(EPOCH_KEY, 'id', 'first', 'not_before', first)
  const replica = follow(t, valkey.url, { log: quiet })
  await until(() => replica.isLoaded())
  const second = seconds() - 10
  await redis.multi().hset(EPOCH_KEY, 'id', 'second', 'not_before', second).incr(NUMBER_KEY).exec()
  await until(() => by(replica.judge({ ...presented('a'), issuedAt: second - 1 })) === 'epoch')
  const revocations = redisRevocations(redis)
  await revocations.revoke('user', 'dev:a', LATER)
  await until(() => by(replica.judge(presented('a'))) === 'user')
  const now = seconds()
  await redis
    .multi()
    .flushall()
    .hset(EPOCH_KEY, 'id', 'first', 'not_before', first)
    // More writes than were seen: numbers of another epoch say nothing.
    .set(NUMBER_KEY, 99)
    .exec()
  const issuedNow = { ...presented('any'), issuedAt: now }
  await until(async () => by(await revocations.ask(issuedNow)) === 'epoch')
  await until(() => by(replica.judge(issuedNow)) === 'epoch')
  await until(() => by(replica.judge(presented('any'))) === 'alive')
  t.is(by(replica.judge(presented('a'))), 'user')
  const late = follow(t, valkey.url)
  await until(() => late.isLoaded())
  t.is(by(late.judge(issuedNow)), 'epoch')
})

test('a store whose clock is behind begins no epoch before the one that was seen', async (t) => {
  const { redis, replica } = await begin(t, { log: quiet })
  const ahead = seconds() + 3600
  await redis.hset(EPOCH_KEY, 'id', 'ahead', 'not_before', ahead)
  await until(() => replica.figures().loads === 2)
  await redis.hset(EPOCH_KEY, 'id', 'behind', 'not_before', seconds())
  await until(() => replica.figures().loads === 3)
  t.is(Number(await redis.hget(EPOCH_KEY, 'not_before')), ahead)
  t.is(by(replica.judge({ ...presented('any'), issuedAt: ahead - 1 })), 'epoch')
})

for (const [what, epoch] of [
  ['emptied', undefined],
  ['begun anew', 'second'],
] as const) {
  test(`a store that is ${what} while it is read for the first time is not believed`, async (t) => {
    const valkey = await startValkey()
    t.teardown(() => valkey.stop())
    const redis = await valkey.connect()
    await redis.hset(EPOCH_KEY, 'id', 'first', 'not_before', 1)
    await redisRevocations(redis).revoke('token', 'token-a', LATER)
    let isReplaced = false
    const replace = async (): Promise<void> => {
      await redis.flushall()
      if (epoch !== undefined) await redis.hset(EPOCH_KEY, 'id', epoch, 'not_before', LATER)
    }
    const proxy = await startStoreProxy(valkey.url, (asked) => {
      if (isReplaced || !/hscan/i.test(asked.toString('latin1'))) return undefined
      isReplaced = true
      return replace()
    })
    t.teardown(() => proxy.close())
    const replica = follow(t, proxy.url)
    const issuedBefore = { ...presented('a'), issuedAt: 1000 }
    await until(() => isReplaced)
    const end = performance.now() + 1000
    await until(() => {
      if (by(replica.judge(issuedBefore)) === 'alive') t.fail('a wrong yes')
      return performance.now() > end
    })
    t.is(replica.isLoaded(), epoch !== undefined)
  })
}

test('a store that was put back and cannot be written is told once, and each time anew', async (t) => {
  const lines: string[] = []
  const { redis, replica } = await begin(t, {
    log: createLog('test', 'error', { write: (line) => void lines.push(line) }),
  })
  await redis.set(NUMBER_KEY, 2)
  for (const told of [1, 2]) {
    await until(() => replica.staleness() < FRESH_MS && replica.figures().loads === 2 * told)
    // Together: no heartbeat comes between.
    await Promise.all([redis.set(NUMBER_KEY, 1), redis.replicaof('127.0.0.1', '1')])
    await until(() => lines.length === told)
    await sleep(1000)
    t.is(lines.length, told, lines.join(''))
    await redis.replicaof('NO', 'ONE')
    await until(() => replica.figures().loads === 2 * told + 1)
    await redis.set(NUMBER_KEY, 2)
  }
})

test('a store put back and written to before anybody looks: what it tells anew is not taken for known', async (t) => {
  const { redis, revocations, replica } = await begin(t, { log: quiet })
  await revocations.revoke('token', 'token-lost', LATER)
  await until(() => by(replica.judge(presented('lost'))) === 'token')
  const issuedNow = await issuedWhileItCounts(revocations)
  // Together: no heartbeat comes between, and the number is the one that was seen.
  await Promise.all([
    redis.multi().hdel(REVOCATIONS_KEY, 'token:token-lost').del(NUMBER_KEY, STREAM_KEY).exec(),
    revocations.revoke('token', 'token-new', LATER),
  ])
  await until(() => by(replica.judge(presented('new'))) === 'token')
  await until(async () => by(await revocations.ask(issuedNow)) === 'epoch')
  t.is(by(replica.judge(presented('lost'))), 'token')
})

test('a store put back whose clock is behind: as many writes in another order of time are others', async (t) => {
  const { redis, revocations, replica } = await begin(t, { log: quiet })
  await revocations.revoke('token', 'token-lost', LATER)
  await until(() => by(replica.judge(presented('lost'))) === 'token')
  const issuedNow = await issuedWhileItCounts(revocations)
  const [member, entry] = ['token:token-new', `1:${LATER}`]
  await redis
    .multi()
    .del(REVOCATIONS_KEY, STREAM_KEY)
    .hset(REVOCATIONS_KEY, member, entry)
    .xadd(STREAM_KEY, '1-1', 'number', 1, 'member', member, 'entry', entry)
    .exec()
  await until(() => by(replica.judge(presented('new'))) === 'token')
  await until(async () => by(await revocations.ask(issuedNow)) === 'epoch')
  t.is(by(replica.judge(presented('lost'))), 'token')
})

test('a stream that was trimmed beyond what was read is no other store', async (t) => {
  const { redis, revocations, replica } = await begin(t)
  await revocations.revoke('token', 'token-a', LATER)
  await until(() => by(replica.judge(presented('a'))) === 'token')
  const epoch = await redis.hget(EPOCH_KEY, 'id')
  const [member, entry] = ['token:token-b', `1:${LATER}`]
  await redis
    .multi()
    .set(NUMBER_KEY, 3)
    .hset(REVOCATIONS_KEY, member, entry)
    .xadd(STREAM_KEY, '*', 'number', 3, 'member', member, 'entry', entry)
    .xtrim(STREAM_KEY, 'MAXLEN', 1)
    .exec()
  await until(() => replica.figures().loads === 2)
  t.is(by(replica.judge(presented('b'))), 'token')
  t.is(await redis.hget(EPOCH_KEY, 'id'), epoch)
})
