import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { lifeOf, nameOf, redisInstances } from '../../mcp-bridge/store/instances.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const instances = redisInstances(redis, 60_000)
test.after.always(() => valkey.stop())

const life = (id: string) => ({ id, socket: `/tmp/${id}.sock`, pid: 1, place: 'here' })

test.serial('a name leads to the one that has it, and tells it of the one before', async (t) => {
  t.is(await instances.find('a'), undefined)
  t.is(await instances.begin(life('a.1')), undefined)
  t.deepEqual(await instances.find('a'), life('a.1'))
  t.deepEqual(await instances.begin(life('a.2')), life('a.1'))
  t.deepEqual(await instances.find('a'), life('a.2'))
})

test.serial('who was replaced cannot come back', async (t) => {
  await instances.begin(life('b.1'))
  await instances.begin(life('b.2'))
  t.false(await instances.renew(life('b.1')))
  t.true(await instances.renew(life('b.2')))
  await instances.end(life('b.1'))
  t.deepEqual(await instances.find('b'), life('b.2'))
  await instances.end(life('b.2'))
  t.is(await instances.find('b'), undefined)
})

test.serial('gone without renewals, there again with one', async (t) => {
  const short = redisInstances(redis, 300)
  await short.begin(life('c.1'))
  await sleep(400)
  t.is(await short.find('c'), undefined)
  t.true(await short.renew(life('c.1')))
  t.deepEqual(await short.find('c'), life('c.1'))
})

test('a name may have dots', (t) => {
  t.is(nameOf('bridge.pod-1.x_-Y'), 'bridge.pod-1')
  t.is(lifeOf('bridge.pod-1.x_-Y'), 'x_-Y')
})
