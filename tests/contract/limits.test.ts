import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { redisLimits } from '../../oauth-server/store/limits.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const limits = redisLimits(redis, 1)
test.after.always(() => valkey.stop())

const LIMIT = { name: 'test', burst: 10, perMinute: 60 }

test('a burst passes, the next is told when to come again, and then passes', async (t) => {
  for (let count = 0; count < 10; count += 1) t.is(await limits.take(LIMIT, 'burst'), 0)
  t.is(await limits.take(LIMIT, 'burst'), 1)
  await sleep(1050)
  t.is(await limits.take(LIMIT, 'burst'), 0)
})

test('of any number of racing takers, over two connections, as many pass as one would', async (t) => {
  const other = redisLimits(await valkey.connect(), 1)
  const slow = { name: 'race', burst: 20, perMinute: 1 }
  const takers = Array.from({ length: 100 }, (_, index) =>
    (index % 2 === 0 ? limits : other).take(slow, 'race'),
  )
  const waits = await Promise.all(takers)
  t.is(waits.filter((wait) => wait === 0).length, 20)
})

test('what was counted when the store’s clock was ahead keeps nobody out', async (t) => {
  const two = { name: 'ahead', burst: 2, perMinute: 1 }
  const wait = async () => await limits.take(two, 'x')
  t.deepEqual([await wait(), await wait()], [0, 0])
  t.true((await wait()) > 50)
  const [name = ''] = await redis.keys('mcp-gateway:limit:ahead:*')
  const key = name.slice('mcp-gateway:'.length)
  // As it stands there once the clock has been put back by an hour.
  await redis.set(key, Number(await redis.get(key)) + 3_600_000_000, 'PX', 3_700_000)
  t.is(await limits.peek(two, 'x'), 0)
  t.deepEqual([await wait(), await wait()], [0, 0])
  const seconds = await wait()
  t.true(seconds > 50 && seconds <= 60, 'and from then on it is counted')
})

test('subjects and limits are apart, and no key outlives its use', async (t) => {
  const once = { name: 'once', burst: 1, perMinute: 60 }
  t.is(await limits.take(once, 'one'), 0)
  t.is(await limits.take(once, 'two'), 0)
  t.is(await limits.take({ ...once, name: 'other' }, 'one'), 0)
  t.is(await limits.take(once, 'one'), 1)
  const keys = await redis.keys('mcp-gateway:limit:once:*')
  t.is(keys.length, 2)
  for (const key of keys) t.true((await redis.pttl(key.slice('mcp-gateway:'.length))) <= 1000)
})

test('a factor multiplies, and 0 switches off', async (t) => {
  const tripled = redisLimits(redis, 3)
  const small = { name: 'factor', burst: 1, perMinute: 1 }
  for (let count = 0; count < 3; count += 1) t.is(await tripled.take(small, 'x'), 0)
  t.true((await tripled.take(small, 'x')) > 0)
  const off = redisLimits(redis, 0)
  for (let count = 0; count < 5; count += 1) t.is(await off.take(small, 'y'), 0)
})

test('a look counts nothing, and sees what a taker would be told', async (t) => {
  const two = { name: 'look', burst: 2, perMinute: 1 }
  for (let count = 0; count < 5; count += 1) t.is(await limits.peek(two, 'x'), 0)
  t.is(await limits.take(two, 'x'), 0)
  t.is(await limits.peek(two, 'x'), 0)
  t.is(await limits.take(two, 'x'), 0)
  t.true((await limits.peek(two, 'x')) > 50)
  t.is(await limits.peek(two, 'y'), 0)
  t.is(await redisLimits(redis, 0).peek(two, 'x'), 0)
})

test('what is given back did not count, and nobody gets more than the burst by it', async (t) => {
  const two = { name: 'back', burst: 2, perMinute: 1 }
  for (let count = 0; count < 5; count += 1) {
    t.is(await limits.take(two, 'x'), 0)
    await limits.giveBack(two, 'x')
  }
  await limits.giveBack(two, 'x')
  t.is(await limits.take(two, 'x'), 0)
  t.is(await limits.take(two, 'x'), 0)
  t.true((await limits.take(two, 'x')) > 0)
  await limits.giveBack(two, 'x')
  t.is(await limits.take(two, 'x'), 0)
  t.true((await limits.take(two, 'x')) > 0)
})
