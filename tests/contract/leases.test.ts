import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import type { Redis } from 'ioredis'
import { leaseKeyOf, redisLeases } from '../../mcp-bridge/store/leases.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
test.after.always(() => valkey.stop())
test.beforeEach(() => redis.flushall())

const key = leaseKeyOf({ service: 'memory', user: 'dev:ann' })
const LONG = 60_000

const bridge = (instance: string, termMs = LONG, hasPeers = false, on: Redis = redis) =>
  redisLeases(on, { instance, termMs, hasPeers })

async function fenceOf(taking: Promise<{ kind: string; fence?: number }>): Promise<number> {
  const { kind, fence } = await taking
  if (kind !== 'taken' || fence === undefined) throw new Error(`not taken: ${kind}`)
  return fence
}

test.serial('one owner at a time, named to the others', async (t) => {
  await bridge('one').take({ key, heirOf: undefined })
  t.deepEqual(await bridge('two').take({ key, heirOf: undefined }), {
    kind: 'held',
    instance: 'one',
  })
})

test.serial('of many that ask at once one gets it', async (t) => {
  const asking = Array.from({ length: 20 }, (_, index) =>
    bridge(`b${index}`).take({ key, heirOf: undefined }),
  )
  const kinds = (await Promise.all(asking)).map(({ kind }) => kind)
  t.is(kinds.filter((kind) => kind === 'taken').length, 1)
})

test.serial('what is owned is told apart by service and person, shared included', (t) => {
  const subjects = [
    { service: 'a', user: 'b c' },
    { service: 'a b', user: 'c' },
    { service: 'a', user: undefined },
    { service: 'a', user: 'null' },
    { service: 'a', user: '' },
    { service: 'a', user: '', era: 'stateless' as const },
  ]
  t.is(new Set(subjects.map(leaseKeyOf)).size, subjects.length)
  for (const one of subjects) t.false(leaseKeyOf(one).includes('b c'))
})

test.serial('passes on after its end and not before, and the fence grows', async (t) => {
  const first = await fenceOf(bridge('one', 400).take({ key, heirOf: undefined }))
  t.is((await bridge('two').take({ key, heirOf: undefined })).kind, 'held')
  await sleep(500)
  const second = await fenceOf(bridge('two').take({ key, heirOf: undefined }))
  t.true(second > first)
})

test.serial('renewed it goes on, and who lost it is told', async (t) => {
  const one = bridge('one', 1500)
  const fence = await fenceOf(one.take({ key, heirOf: undefined }))
  for (let turn = 0; turn < 4; turn += 1) {
    await sleep(500)
    t.deepEqual(await one.renew([{ key, fence }]), [true])
  }
  await redis.del(key)
  t.deepEqual(await one.renew([{ key, fence }]), [false])
  await bridge('two').take({ key, heirOf: undefined })
  t.deepEqual(await one.renew([{ key, fence }]), [false])
  t.is((await one.take({ key, heirOf: undefined })).kind, 'held', 'a renewal revives nothing')
})

test.serial('each of several is answered for in its order', async (t) => {
  const one = bridge('one')
  const keys = ['x', 'y', 'z'].map((service) => leaseKeyOf({ service, user: undefined }))
  const held: { key: string; fence: number }[] = []
  for (const each of keys) {
    held.push({ key: each, fence: await fenceOf(one.take({ key: each, heirOf: undefined })) })
  }
  await redis.del(keys[1] ?? '')
  t.deepEqual(await one.renew(held), [true, false, true])
})

test.serial('given back it is free, but an old fence gives back nothing', async (t) => {
  const one = bridge('one')
  const old = await fenceOf(one.take({ key, heirOf: undefined }))
  const fence = await fenceOf(one.take({ key, heirOf: undefined }))
  await one.release({ key, fence: old })
  t.is((await bridge('two').take({ key, heirOf: undefined })).kind, 'held')
  await one.release({ key, fence })
  t.is((await bridge('two').take({ key, heirOf: undefined })).kind, 'taken')
})

test.serial('an heir gets what its predecessor had, with a fence of its own', async (t) => {
  const fence = await fenceOf(bridge('one').take({ key, heirOf: undefined }))
  t.is((await bridge('two').take({ key, heirOf: 'three' })).kind, 'held')
  t.true((await fenceOf(bridge('two').take({ key, heirOf: 'one' }))) > fence)
  t.deepEqual(await bridge('one').renew([{ key, fence }]), [false])
})

test.serial('a store that was emptied gives nothing out while others may own it', async (t) => {
  const one = bridge('one', 1000, true)
  await one.renew([])
  t.is((await one.take({ key, heirOf: undefined })).kind, 'wait')
  await sleep(1100)
  const fence = await fenceOf(one.take({ key, heirOf: undefined }))
  await redis.flushall()
  t.is((await bridge('two', 1000, true).take({ key, heirOf: undefined })).kind, 'wait')
  t.deepEqual(await one.renew([{ key, fence }]), [false])
  await sleep(1100)
  t.true((await fenceOf(bridge('two', 1000, true).take({ key, heirOf: undefined }))) > fence)
})

test.serial('a store that was put back to an earlier state is begun anew', async (t) => {
  const one = bridge('one', 1000, true)
  await one.renew([])
  await sleep(1100)
  await one.take({ key, heirOf: undefined })
  const counter = await redis.get('leases:fence')
  const later = leaseKeyOf({ service: 'other', user: undefined })
  const fence = await fenceOf(one.take({ key: later, heirOf: undefined }))
  await redis.set('leases:fence', counter ?? '')
  await redis.del(later)
  t.deepEqual(await one.renew([{ key: later, fence }]), [false])
  t.is((await bridge('two', 1000, true).take({ key: later, heirOf: undefined })).kind, 'wait')
  await sleep(1100)
  const next = await fenceOf(bridge('two', 1000, true).take({ key: later, heirOf: undefined }))
  t.true(next > fence)
})

test.serial(
  'a store that began when its clock was ahead makes nobody wait for that time',
  async (t) => {
    const one = bridge('one', 1000, true)
    await one.renew([])
    await redis.set('leases:since', Date.now() + 86_400_000)
    t.is((await one.take({ key, heirOf: undefined })).kind, 'wait')
    await sleep(1100)
    t.is((await one.take({ key, heirOf: undefined })).kind, 'taken')
  },
)

test.serial('a bridge that is alone waits for nobody', async (t) => {
  t.is((await bridge('one').take({ key, heirOf: undefined })).kind, 'taken')
})

test.serial('a lease ends with its bridge whatever the store has become', async (t) => {
  await bridge('one').take({ key, heirOf: undefined })
  t.true((await redis.pttl(key)) > 0)
})

test.serial('stores no person in clear', async (t) => {
  await bridge('one').take({ key, heirOf: undefined })
  const keys = await redis.keys('*')
  t.true(keys.some((one) => one.includes('lease:')))
  t.false(keys.some((one) => one.includes('ann')))
})
