import { randomBytes } from 'node:crypto'
import test from 'ava'
import { digest } from '../../lib/platform/seal.ts'
import { redisUserSecrets } from '../../lib/store/user-secrets.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const key = randomBytes(32)
const secrets = redisUserSecrets(redis, key)
test.after.always(() => valkey.stop())

const placeOf = (userId: string, service = 'notes') => ({ userId, service })
const valuesOf = async (place: ReturnType<typeof placeOf>, store = secrets) =>
  Object.fromEntries((await store.read(place)).values)

/** The name of the record without the prefix that the connection adds. */
const recordOf = async (change: () => Promise<void>): Promise<string> => {
  const records = async () =>
    (await redis.keys('*user-secrets:*')).filter((one) => !one.includes('user-secrets:of:'))
  const before = new Set(await records())
  await change()
  const [made = ''] = (await records()).filter((one) => !before.has(one))
  return made.slice(redis.options.keyPrefix?.length)
}

test('what was entered is read as it was, for this person and service alone', async (t) => {
  const values = [
    'x',
    ' with blanks ',
    'Grüße 🔑\nsecond line',
    '"${secret.X}" \\',
    'k'.repeat(8192),
  ]
  for (const value of values) {
    await secrets.enter(placeOf('dev:a'), 'KEY', value)
    t.deepEqual(await valuesOf(placeOf('dev:a')), { KEY: value })
  }
  t.deepEqual(await valuesOf(placeOf('dev:b')), {})
  t.deepEqual(await valuesOf(placeOf('dev:a', 'memory')), {})
})

test('ids that are cut elsewhere are other ids', async (t) => {
  await secrets.enter(placeOf('dev:x', 'yz'), 'KEY', 'v')
  t.deepEqual(await valuesOf(placeOf('dev:xy', 'z')), {})
})

test('all of a person is forgotten, and nothing of anybody else', async (t) => {
  const [mine, theirs] = ['dev:leaver', 'dev:stayer']
  for (const [service, name] of [
    ['notes', 'ONE'],
    ['notes', 'TWO'],
    ['memory', 'ONE'],
    ['emptied', 'ONE'],
  ] as const) {
    for (const userId of [mine, theirs]) await secrets.enter({ userId, service }, name, 'v')
  }
  await secrets.remove(placeOf(mine, 'emptied'), 'ONE')
  // As an earlier release left it: the index does not know of it.
  await secrets.enter(placeOf(mine, 'earlier'), 'ONE', 'v')
  await redis.srem(`user-secrets:of:${digest(mine)}`, 'earlier')
  t.is(await secrets.forgetOfUser(mine, ['earlier', 'nothing']), 4)
  for (const service of ['notes', 'memory', 'emptied', 'earlier']) {
    t.deepEqual(await valuesOf(placeOf(mine, service)), {})
  }
  t.deepEqual(await valuesOf(placeOf(theirs)), { ONE: 'v', TWO: 'v' })
  t.is(await secrets.forgetOfUser(mine, []), 0)
  t.is(await redis.exists(`user-secrets:of:${digest(mine)}`), 0)
})

test('names and instants are told without opening anything', async (t) => {
  const before = Date.now()
  await secrets.enter(placeOf('dev:c'), 'ONE', 'first')
  await secrets.enter(placeOf('dev:c'), 'TWO', 'second')
  const described = await redisUserSecrets(redis, randomBytes(32)).describe(placeOf('dev:c'))
  t.deepEqual([...described.keys()].sort(), ['ONE', 'TWO'])
  for (const at of described.values()) t.true(at >= before - 1 && at <= Date.now() + 1000)
})

test('each change has a greater revision, also within a millisecond', async (t) => {
  const place = placeOf('dev:d')
  t.is((await secrets.read(place)).revision, 0)
  t.is(await secrets.revision(place), 0)
  const revisions: number[] = []
  const note = async () => {
    const { revision } = await secrets.read(place)
    t.is(await secrets.revision(place), revision)
    revisions.push(revision)
  }
  for (const value of ['1', '2', '3']) {
    await secrets.enter(place, 'ONE', value)
    await note()
  }
  await secrets.enter(place, 'TWO', 'x')
  await note()
  t.true(await secrets.remove(place, 'ONE'))
  await note()
  t.deepEqual(
    revisions,
    [...new Set(revisions)].sort((one, other) => one - other),
  )
  t.deepEqual(await valuesOf(place), { TWO: 'x' })
})

test.serial('deleted is deleted, and nothing of it stays', async (t) => {
  const place = placeOf('dev:e')
  const record = await recordOf(() => secrets.enter(place, 'KEY', 'v'))
  t.is(await redis.exists(record), 1)
  t.true(await secrets.remove(place, 'KEY'))
  t.false(await secrets.remove(place, 'KEY'))
  await secrets.enter(place, 'KEY', 'v')
  t.false(await secrets.remove(place, 'revision'), 'what is no secret cannot be deleted')
  t.deepEqual(await valuesOf(place), { KEY: 'v' })
  await secrets.remove(place, 'KEY')
  t.is(await redis.exists(record), 0)
})

test.serial('the store holds neither value nor person', async (t) => {
  const record = await recordOf(() =>
    secrets.enter(placeOf('dev:someone'), 'KEY', 'canary of the test'),
  )
  t.false(record.includes('someone'))
  const held = JSON.stringify(await redis.hgetall(record))
  for (const text of ['canary', Buffer.from('canary of the test').toString('base64url')]) {
    t.false(held.includes(text))
  }
  t.is(await redis.ttl(record), -1, 'until it is deleted')
})

test.serial('the same value looks different each time', async (t) => {
  const record = await recordOf(() => secrets.enter(placeOf('dev:f'), 'ONE', 'same'))
  await secrets.enter(placeOf('dev:f'), 'TWO', 'same')
  const { ONE, TWO } = await redis.hgetall(record)
  t.not(ONE?.split(' ')[1], TWO?.split(' ')[1])
})

test('another key opens nothing, and says which', async (t) => {
  const place = placeOf('dev:g')
  await secrets.enter(place, 'KEY', 'v')
  const { values, unreadable } = await redisUserSecrets(redis, randomBytes(32)).read(place)
  t.is(values.size, 0)
  t.deepEqual(unreadable, ['KEY'])
})

test.serial('a value that was moved opens nowhere else', async (t) => {
  const [mine, theirs] = [placeOf('dev:h'), placeOf('dev:i')]
  const mineRecord = await recordOf(() => secrets.enter(mine, 'ONE', 'mine'))
  const otherService = await recordOf(() => secrets.enter(placeOf('dev:h', 'memory'), 'ONE', 'x'))
  const theirRecord = await recordOf(() => secrets.enter(theirs, 'ONE', 'theirs'))
  const moved = (await redis.hget(theirRecord, 'ONE')) ?? ''
  for (const [record, name, place] of [
    [mineRecord, 'ONE', mine],
    [theirRecord, 'TWO', theirs],
    [otherService, 'ONE', placeOf('dev:h', 'memory')],
  ] as const) {
    await redis.hset(record, name, moved)
    const { values, unreadable } = await secrets.read(place)
    t.false(values.has(name))
    t.deepEqual(unreadable, [name])
  }
  t.is((await secrets.read(theirs)).values.get('ONE'), 'theirs')
})

test.serial('one changed character is enough, and rubbish is no value', async (t) => {
  const place = placeOf('dev:j')
  const record = await recordOf(() => secrets.enter(place, 'KEY', 'a value of some length'))
  const stored = (await redis.hget(record, 'KEY')) ?? ''
  const middle = Math.floor(stored.length / 2)
  const other = stored[middle] === 'A' ? 'B' : 'A'
  const changed = stored.slice(0, middle) + other + stored.slice(middle + 1)
  for (const one of [changed, stored.slice(0, -8), '', 'rubbish', `${Date.now()} `]) {
    await redis.hset(record, 'KEY', one)
    const { values, unreadable } = await secrets.read(place)
    t.is(values.size, 0, one)
    t.deepEqual(unreadable, ['KEY'])
  }
})
