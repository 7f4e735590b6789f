/** What a backup holds of a store, and what takes the place of another store's records. */

import { randomUUID } from 'node:crypto'
import test from 'ava'
import type { Redis } from 'ioredis'
import { isKept } from '../../lib/store/families.ts'
import { readRecords, type StoreRecord } from '../../lib/store/records.ts'
import { clearLaidOut, lastRestore, layOut, putInPlace } from '../../lib/store/restoring.ts'
import { redisRevocations } from '../../lib/store/revocations.ts'
import { NotStillError, whileNobodyWrites } from '../../lib/store/still.ts'
import { startValkey, type Valkey } from '../support/valkey.ts'

let valkey: Valkey
let redis: Redis

test.before(async () => {
  valkey = await startValkey()
  redis = await valkey.connect()
})
test.after.always(() => valkey.stop())
// One store, emptied before each.
test.serial.beforeEach(() => redis.flushall())

async function readAll(wants: (key: string) => boolean = isKept): Promise<StoreRecord[]> {
  const records = await Array.fromAsync(readRecords(redis, wants))
  return records.sort((one, other) => (one.key < other.key ? -1 : 1))
}

async function* from(records: readonly StoreRecord[]): AsyncGenerator<StoreRecord> {
  yield* records
}

const COMMIT = { replace: true, epochId: 'of the backup', number: 5 }

async function restore(
  records: readonly StoreRecord[],
  commit: Partial<typeof COMMIT> = {},
): Promise<string> {
  const { id } = await layOut(redis, from(records), Date.now(), randomUUID())
  return await putInPlace(redis, { ...COMMIT, ...commit, id })
}

const grant = (id: string, userId: string) => ({
  [`grant:${id}`]: JSON.stringify({ clientId: 'app', userId }),
})

async function make(grants: Record<string, string>): Promise<void> {
  for (const [key, stored] of Object.entries(grants)) await redis.hset(key, 'grant', stored)
}

test.serial(
  'records of every kind come back as they were, with what is left of their time',
  async (t) => {
    const later = Date.now() + 60_000
    await redis.set('client:one', '{"a":"ä"}', 'PXAT', later)
    await redis.hset('consent:one', { a: '1', b: '2' })
    await redis.zadd('users', 1.5, 'a', '+inf', 'b')
    await redis.rpush('other:list', 'a', 'b', 'a')
    await redis.sadd('other:set', 'a')
    await redis.xadd('audit', '5-1', 'record', '{}')
    await redis.set('code:passing', 'never')
    await redis.set('client:over', 'x', 'PX', 1)
    const before = await readAll()
    await redis.flushall()
    t.is(await restore(before), 'done')
    const after = await readAll()
    t.deepEqual(
      after,
      before.filter(({ key }) => key !== 'client:over'),
    )
    t.is(await redis.exists('code:passing'), 0)
  },
)

test.serial('large collections come in pieces, and come back whole', async (t) => {
  const members = Array.from({ length: 1703 }, (_, index) => `member ${index}`)
  await redis.rpush('other:list', ...members)
  await redis.hset('revocations', ...members.flatMap((one, index) => [one, `${index}:9`]))
  await redis.zadd('clients', ...members.flatMap((one, index) => [index, one]))
  for (const one of members) await redis.xadd('audit', '*', 'record', one)
  const before = await readAll()
  await redis.flushall()
  t.is(await restore(before), 'done')
  t.deepEqual(await redis.lrange('other:list', 0, -1), members)
  t.is(await redis.hlen('revocations'), members.length)
  t.is(await redis.zcard('clients'), members.length)
  t.is(await redis.xlen('audit'), members.length)
})

test.serial(
  'what people have made is replaced only when that is said; keys alone are no such thing',
  async (t) => {
    await redis.set('signing-keys', 'x')
    await redis.set('revocations:number', 3)
    t.is(await restore([], { replace: false }), 'done')
    await redis.set('user:somebody', '{}')
    const before = await readAll(() => true)
    t.is(
      await restore([{ key: 'client:a', expires_at: null, kind: 'string', value: '1' }], {
        replace: false,
      }),
      'occupied',
    )
    await clearLaidOut(redis)
    t.deepEqual(await readAll(() => true), before)
  },
)

test.serial('what was laid out and not put in place is read by nobody, and goes', async (t) => {
  await make(grant('1-a', 'user'))
  const before = await readAll(() => true)
  await layOut(redis, from(before), Date.now(), 'killed')
  t.deepEqual(await readAll(), before)
  t.is(await putInPlace(redis, { ...COMMIT, id: 'another' }), 'incomplete')
  await layOut(redis, from([]), Date.now(), 'next')
  t.is(await redis.get('restoring:killed'), null)
  t.is(await clearLaidOut(redis), 1)
  t.deepEqual(await readAll(() => true), before)
})

test.serial(
  'a restored store has a new epoch, refuses what was issued before, and says what it is',
  async (t) => {
    await redis.hset('epoch', { id: 'old', not_before: 1 })
    await redis.set('revocations:number', 9)
    t.is(await restore([{ key: 'instant', expires_at: null, kind: 'string', value: '7' }]), 'done')
    const epoch = await redis.hgetall('epoch')
    t.not(epoch['id'], 'old')
    const [seconds] = await redis.time()
    t.true(Math.abs(Number(epoch['not_before']) - Number(seconds)) <= 2)
    t.is(await redis.get('revocations:number'), '10')
    t.is(typeof (await lastRestore(redis))?.id, 'string')
  },
)

test.serial('what another store has revoked, ended and forbidden stays so, for ever', async (t) => {
  await make({ ...grant('10-a', 'gone'), ...grant('10-b', 'stays'), ...grant('30-c', 'gone') })
  await redis.hset('revocations', 'token:x', '4:100', 'user:only-then', '4:100')
  await redis.set('logins:ended:a', '5')
  await redis.set('logins:ended:b', '50')
  await redis.set('instant', '40')
  await redis.xadd('audit', '5-1', 'record', 'backed up')
  await redis.sadd('clients:configured', 'there')
  const backup = await readAll()
  await redis.flushall()
  await redis.hset('epoch', { id: 'another', not_before: 1 })
  await redis.hset('revocations', 'user:gone', '20:200', 'token:x', '9:300')
  await redis.hset('users:disabled', 'gone', '{}')
  await redis.sadd('clients:configured', 'here')
  await redis.set('logins:ended:a', '9')
  await redis.set('logins:ended:b', '9')
  await redis.set('instant', '60')
  await redis.xadd('audit', '5-1', 'record', 'backed up')
  await redis.xadd('audit', '6-1', 'record', 'since')
  t.is(await restore(backup), 'done')
  t.deepEqual(await redis.hgetall('revocations'), {
    'token:x': '9:300',
    'user:only-then': '4:100',
    'user:gone': '20:200',
  })
  t.is(await redis.exists('grant:10-a'), 0, 'also when the entry has gone')
  t.is(
    await redis.exists('grant:10-b', 'grant:30-c'),
    2,
    'one of somebody else, and one made later',
  )
  t.is(await redis.hget('users:disabled', 'gone'), '{}')
  t.deepEqual((await redis.smembers('clients:configured')).sort(), ['here', 'there'])
  t.deepEqual(await redis.mget('logins:ended:a', 'logins:ended:b', 'instant'), ['9', '50', '60'])
  t.deepEqual(
    (await redis.xrange('audit', '-', '+')).map(([, [, record]]) => record),
    ['backed up', 'since'],
  )
})

test.serial(
  'over the very store of the backup, what was ended since stays ended, and what is newer stays',
  async (t) => {
    await redis.hset('epoch', { id: 'of the backup', not_before: 1 })
    await make({ ...grant('1-a', 'user'), ...grant('1-b', 'user') })
    await redis.hset('refresh:a', { grant: '1-a', generation: 2 })
    await redis.hset('refresh:b', { grant: '1-b', generation: 2 })
    await redis.set('login:ended', '1')
    await redis.set('client:deleted', '{}')
    await redis.set('client:kept', 'old')
    await redis.set('client:waiting', '{}')
    await redis.zadd('clients:unapproved', 1, 'kept', 1, 'waiting')
    await redis.zadd('grants:user:u', 1, '1-a', 1, '1-b')
    await redis.zadd('consents:user:u', 1, 'app')
    const backup = await readAll()
    await redis.del('grant:1-b', 'refresh:b', 'login:ended', 'client:deleted')
    await redis.set('client:kept', 'replaced')
    await redis.zrem('clients:unapproved', 'kept')
    await redis.hset('refresh:a', { generation: 5 })
    await redis.zadd('grants:user:u', 9, '1-a')
    await redis.zadd('consents:user:u', 9, 'app')
    t.is(await restore(backup), 'done')
    t.deepEqual(await redis.hgetall('refresh:a'), { grant: '1-a', generation: '5' })
    t.is(await redis.exists('grant:1-a'), 1)
    t.is(await redis.exists('grant:1-b', 'refresh:b', 'login:ended', 'client:deleted'), 0)
    t.is(await redis.get('client:kept'), 'replaced')
    t.deepEqual(
      await redis.zrange('clients:unapproved', '0', '-1'),
      ['waiting'],
      'one was approved',
    )
    t.is(await redis.zscore('grants:user:u', '1-a'), '9')
    t.is(await redis.zscore('consents:user:u', 'app'), '9')
  },
)

test.serial(
  'a store that was restored remembers what it goes on from: nothing that was ended since comes back',
  async (t) => {
    await redis.hset('epoch', { id: 'of the backup', not_before: 1 })
    await make({ ...grant('10-a', 'user'), ...grant('10-b', 'user') })
    await redis.hset('refresh:a', { grant: '10-a', generation: 1 })
    await redis.set('instant', '10')
    const older = await readAll()
    await make(grant('20-c', 'user'))
    await redis.set('login:later', '1')
    await redis.set('instant', '20')
    const newer = await readAll()
    await redis.flushall()
    t.is(await restore(older), 'done')
    // Its revocation has gone with the last token.
    await redis.del('grant:10-a', 'refresh:a')
    t.is(await restore(older), 'done')
    t.is(await redis.exists('grant:10-a', 'refresh:a'), 0)
    t.is(await restore(newer), 'done')
    t.is(await redis.exists('grant:10-a'), 0, 'also out of a later backup')
    t.is(await redis.exists('grant:10-b', 'grant:20-c', 'login:later'), 3, 'made after the first')
    await redis.del('grant:20-c', 'login:later')
    t.is(await restore(newer), 'done')
    t.is(await redis.exists('grant:20-c', 'login:later'), 0)
    t.is(await restore(older, { epochId: 'of another' }), 'done')
    t.is(await redis.exists('grant:10-a'), 1, 'another store knows nothing of it')
    t.is(await restore(newer), 'done')
    t.is(await redis.exists('grant:20-c'), 1)
  },
)

test.serial(
  'a grant that nobody can read is left out; a store set back is still known',
  async (t) => {
    await redis.hset('epoch', { id: 'of the backup', not_before: 1 })
    await redis.hset('grant:1-broken', 'grant', '{')
    await make(grant('1-a', 'user'))
    await redis.set('instant', '1')
    await redis.set('revocations:number', 3)
    const backup = await readAll()
    await redis.del('grant:1-a')
    await redisRevocations(redis).renewEpoch({
      epochId: 'of the backup',
      number: 9,
      notBefore: 1,
    })
    t.not(await redis.hget('epoch', 'id'), 'of the backup')
    t.is(await restore(backup), 'done')
    t.is(await redis.exists('grant:1-a', 'grant:1-broken'), 0)
  },
)

test.serial(
  'while a backup reads, writers wait and readers do not; a frozen one is no backup',
  async (t) => {
    const other = await valkey.connect()
    const order: string[] = []
    let writing: Promise<unknown> = Promise.resolve()
    await whileNobodyWrites(redis, async () => {
      writing = other.set('client:late', '1').then(() => order.push('written'))
      const reader = await valkey.connect()
      t.is(await reader.get('client:late'), null)
      order.push('read')
    })
    await writing
    t.deepEqual(order, ['read', 'written'])
    await t.throwsAsync(
      whileNobodyWrites(redis, () => new Promise((resolve) => setTimeout(resolve, 1600))),
      { instanceOf: NotStillError, message: /writers wait/ },
    )
    t.is(await redis.exists('lease:still'), 1, 'it may be another’s by then, and ends by itself')
    t.is(await redis.set('client:after', '1'), 'OK')
    await t.throwsAsync(
      whileNobodyWrites(redis, async () => {}),
      { instanceOf: NotStillError, message: /another backup/ },
    )
    await redis.del('lease:still')
    await redis.acl('SETUSER', 'default', '-client|pause')
    try {
      await t.throwsAsync(
        whileNobodyWrites(redis, async () => {}),
        { instanceOf: NotStillError, message: /does not permit/ },
      )
      t.is(await redis.exists('lease:still'), 0)
    } finally {
      await redis.acl('SETUSER', 'default', '+client|pause')
    }
  },
)
