import test from 'ava'
import { redisReachability } from '../../oauth-server/store/reachability.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const other = redisReachability(await valkey.connect())
const reachability = redisReachability(redis)
test.after.always(() => valkey.stop())
test.serial.beforeEach(() => redis.flushall())

const MINUTE = 60_000
const START = 1_000_000_000_000

/** What is advertised after each of these probes, a minute apart. */
async function after(probes: readonly boolean[]): Promise<(boolean | undefined)[]> {
  const told: (boolean | undefined)[] = []
  for (const [index, reachable] of probes.entries()) {
    await reachability.report(reachable, START + index * MINUTE)
    told.push(await other.advertised())
  }
  return told
}

const times = <T>(count: number, value: T): T[] => Array<T>(count).fill(value)

test.serial('nothing is known before the first probe, which decides at once', async (t) => {
  t.is(await reachability.advertised(), undefined)
  t.deepEqual(await after([true]), [true])
  await redis.flushall()
  t.deepEqual(await after([false]), [false])
})

test.serial('it changes when ten minutes said otherwise, in both directions', async (t) => {
  t.deepEqual(await after([true, ...times(11, false)]), [...times(11, true), false])
  await redis.flushall()
  t.deepEqual(await after([false, ...times(11, true)]), [...times(11, false), true])
})

test.serial('one probe that says the same as before begins the ten minutes anew', async (t) => {
  const probes = [true, ...times(10, false), true, ...times(10, false)]
  t.deepEqual(await after(probes), times(probes.length, true))
})

test.serial('of any number of processes one probes; the next when it is time', async (t) => {
  const asked = Array.from({ length: 20 }, (_, index) => [reachability, other][index % 2]?.begin())
  t.is((await Promise.all(asked)).filter((mine) => mine).length, 1)
  t.true((await redis.pttl('reachability:lease')) <= MINUTE)
  await reachability.report(false, START)
  t.true((await redis.pttl('reachability:lease')) <= MINUTE, 'in a minute while bad')
  await redis.flushall()
  t.true(await reachability.begin())
  await reachability.report(true, START)
  const left = await redis.pttl('reachability:lease')
  t.true(left > 9 * MINUTE && left < 10 * MINUTE, 'in ten minutes while good')
  await redis.flushall()
  await after([true])
  t.true(await reachability.begin())
  await reachability.report(false, START + MINUTE)
  t.true((await redis.pttl('reachability:lease')) <= MINUTE, 'in a minute while unsure')
})

test.serial('what a gateway knew that has not run for long is forgotten', async (t) => {
  await after([true])
  const left = await redis.ttl('reachability')
  t.true(left > 600 && left <= 1200)
})
