import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { createLog } from '../../../lib/platform/log.ts'
import { Instances } from '../../../mcp-bridge/instances.ts'
import type { InstanceRecord } from '../../../mcp-bridge/store/instances.ts'

const log = createLog('test', 'error').child({}, { level: 'silent' })
const own = { id: 'own.1', socket: '/own', pid: 1 }
const other = { id: 'other.1', socket: '/other', pid: 2 }

function world() {
  const store = {
    isAway: false,
    isOurs: true,
    living: new Map<string, InstanceRecord>([['other', other]]),
    begin: () => Promise.resolve(undefined),
    renew: () => (store.isAway ? Promise.reject(new Error('away')) : Promise.resolve(store.isOurs)),
    find: (name: string) =>
      store.isAway ? Promise.reject(new Error('away')) : Promise.resolve(store.living.get(name)),
    end: () => Promise.resolve(),
  }
  let superseded = 0
  const onSuperseded = (): void => {
    superseded += 1
  }
  const instances = new Instances({ records: store, own, termMs: 500, onSuperseded, log })
  return { store, instances, superseded: () => superseded }
}

test('a life is found under its id alone, a name in whatever life', async (t) => {
  const { store, instances } = world()
  t.deepEqual(await instances.find('other.1'), other)
  t.is(await instances.find('other.0'), undefined)
  t.deepEqual(await instances.named('other.0'), other)
  store.living.clear()
  t.is(await instances.find('other.1'), undefined)
})

test('who watches is told once a life has ended, and not before', async (t) => {
  const { store, instances } = world()
  await instances.begin()
  let told = 0
  instances.watch('other.1', () => {
    told += 1
  })
  const stopped = instances.watch('other.1', () => t.fail())
  stopped()
  await sleep(300)
  t.is(told, 0)
  store.living.set('other', { ...other, id: 'other.2' })
  await sleep(300)
  t.true(told > 0)
  await instances.stop()
})

test('after a store was away nobody is called gone before everybody could be heard', async (t) => {
  const { store, instances } = world()
  await instances.begin()
  let told = 0
  instances.watch('other.1', () => {
    told += 1
  })
  store.isAway = true
  store.living.clear()
  await sleep(300)
  await t.throwsAsync(instances.find('other.1'))
  store.isAway = false
  while (!(await isBack(instances))) await sleep(10)
  t.is(told, 0)
  await t.throwsAsync(instances.find('other.1'))
  store.living.set('other', other)
  t.deepEqual(await instances.find('other.1'), other)
  store.living.clear()
  await sleep(500)
  t.is(await instances.find('other.1'), undefined)
  t.true(told > 0)
  await instances.stop()
})

/** Whether the store answers: one that does not know somebody says so in other words than one that is away. */
async function isBack(instances: Instances): Promise<boolean> {
  try {
    await instances.find('nobody.1')
    return true
  } catch (error) {
    return (error as Error).message !== 'away'
  }
}

test('whose name was taken is told so once', async (t) => {
  const { store, instances, superseded } = world()
  await instances.begin()
  store.isOurs = false
  await sleep(400)
  t.is(superseded(), 1)
  await instances.stop()
})
