import test from 'ava'
import { digest } from '../../lib/platform/seal.ts'
import { redisInteractions } from '../../oauth-server/store/interactions.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const interactions = redisInteractions(redis)
test.after.always(() => valkey.stop())

const INTERACTION = {
  clientId: 'c',
  redirectUri: 'https://app.example/cb',
  state: 's',
  codeChallenge: 'x',
  service: 'echo',
  requestedScopes: ['mcp'],
  nonce: 'n',
  maxAgeSeconds: 0,
}

const FOUND = { interaction: INTERACTION, browser: 'mine' }

test('an interaction is found again and again, and taken once', async (t) => {
  const id = await interactions.open(INTERACTION, 'mine')
  t.deepEqual(await interactions.find(id, ['other', 'mine']), FOUND)
  t.deepEqual(await interactions.find(id, ['other', 'mine']), FOUND)
  t.deepEqual(await interactions.take(id, 'mine'), INTERACTION)
  t.is(await interactions.take(id, 'mine'), undefined)
  t.is(await interactions.find(id, ['mine']), undefined)
})

test('another browser neither finds it nor takes it away', async (t) => {
  const id = await interactions.open(INTERACTION, 'mine')
  t.is(await interactions.find(id, ['other']), undefined)
  t.is(await interactions.take(id, 'other'), undefined)
  t.is(await interactions.find('unknown', ['mine']), undefined)
  t.deepEqual(await interactions.take(id, 'mine'), INTERACTION)
})

test('of ten racing takers one gets it', async (t) => {
  const id = await interactions.open(INTERACTION, 'mine')
  const all = await Promise.all(Array.from({ length: 10 }, () => interactions.take(id, 'mine')))
  t.is(all.filter((taken) => taken !== undefined).length, 1)
})

test.serial(
  'it lives ten minutes; id, cookie, state and nonce do not stand in the store',
  async (t) => {
    const secrets = { state: 'the-state', nonce: 'the-nonce' }
    const id = await interactions.open({ ...INTERACTION, ...secrets }, 'the-cookie')
    const keys = await redis.keys('*')
    t.true(keys.length > 0)
    for (const key of keys) {
      const name = key.slice(redis.options.keyPrefix?.length)
      t.false(key.includes(id))
      t.notRegex(JSON.stringify(await redis.hgetall(name)), /the-(?:cookie|state|nonce)/)
      const seconds = await redis.ttl(name)
      t.true(seconds > 0 && seconds <= 600)
    }
  },
)

test('whoever leaves for a provider finds it longer; another browser prolongs nothing', async (t) => {
  const id = await interactions.open(INTERACTION, 'mine')
  const name = `interaction:${digest(id)}`
  await redis.expire(name, 5)
  await interactions.prolong(id, 'other')
  t.true((await redis.ttl(name)) <= 5)
  await interactions.prolong(id, 'mine')
  const seconds = await redis.ttl(name)
  t.true(seconds > 600 && seconds <= 660)
  await interactions.prolong('unknown', 'mine')
  t.is(await redis.exists(`interaction:${digest('unknown')}`), 0)
})

/** Of a request that was pushed, as it stands in two browsers at once. */
async function openTwice() {
  const pushedRequestId = `pushed-${Math.random()}`
  const opened = { ...INTERACTION, pushedRequestId }
  const ids = [await interactions.open(opened, 'mine'), await interactions.open(opened, 'other')]
  return {
    pushedRequestId,
    mark: `decided-request:${pushedRequestId}`,
    mine: ids[0] ?? '',
    other: ids[1] ?? '',
  }
}

test('of two questions of one pushed request one is taken, and it is used up in the same step', async (t) => {
  const { pushedRequestId, mark, mine, other } = await openTwice()
  await redis.set(`pushed-request:${pushedRequestId}`, 'sealed')
  t.is(await interactions.take(mine, 'other', pushedRequestId), undefined)
  t.is(await redis.exists(mark), 0, 'another browser decides nothing')
  t.not(await interactions.take(mine, 'mine', pushedRequestId), undefined)
  t.is(await redis.exists(mark), 1)
  t.is(await redis.exists(`pushed-request:${pushedRequestId}`), 0)
  t.is(await interactions.take(other, 'other', pushedRequestId), undefined)
})

test('a decision is known as long as another question of its pushed request can wait', async (t) => {
  const { pushedRequestId, mark, mine, other } = await openTwice()
  await interactions.take(mine, 'mine', pushedRequestId)
  for (let count = 0; count < 3; count += 1) {
    await interactions.prolong(other, 'other', pushedRequestId)
    const waits = await redis.ttl(`interaction:${digest(other)}`)
    t.true((await redis.ttl(mark)) > waits)
    // As long as the person may be away.
    await redis.expire(`interaction:${digest(other)}`, waits - 655)
    await redis.expire(mark, (await redis.ttl(mark)) - 655)
  }
  await interactions.prolong(mine, 'mine', 'unknown')
  t.is(await redis.exists('decided-request:unknown'), 0)
})
