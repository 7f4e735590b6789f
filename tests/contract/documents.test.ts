import test from 'ava'
import { redisAssertions } from '../../oauth-server/store/assertions.ts'
import { redisDocuments } from '../../oauth-server/store/documents.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const documents = redisDocuments(redis)
test.after.always(() => valkey.stop())

const fetched = (text: string) => ({ text, fetchedAt: 1, freshUntil: 2 })
const keyOf = async (pattern: string) =>
  (await redis.keys(`*${pattern}*`)).map((key) => key.slice(redis.options.keyPrefix?.length))

test.serial('a document is found by its URL and its kind, as it was last put', async (t) => {
  const url = 'https://a.test/x'
  t.is(await documents.find('client', url), undefined)
  await documents.put('client', url, fetched('1'))
  await documents.put('keys', url, fetched('keys'))
  await documents.put('client', url, fetched('2'))
  t.deepEqual(await documents.find('client', url), fetched('2'))
  t.deepEqual(await documents.find('keys', url), fetched('keys'))
  t.is(await documents.find('client', `${url}/`), undefined)
})

test.serial('no URL stands in a key', async (t) => {
  const url = `https://named.test/${'x'.repeat(2000)}:*\n{a}`
  await documents.put('client', url, fetched(''))
  t.deepEqual(await documents.find('client', url), fetched(''))
  t.deepEqual(await keyOf('named'), [])
  for (const key of await keyOf('document:')) t.regex(key, /^document:\w+:[\w-]{43}$/)
})

test.serial(
  'what nobody approved goes after an hour; what somebody uses stays as long as is said',
  async (t) => {
    const url = 'https://kept.test/x'
    const before = await keyOf('document:')
    await documents.put('client', url, fetched('1'))
    const [key = ''] = (await keyOf('document:')).filter((one) => !before.includes(one))
    const left = await redis.ttl(key)
    t.true(left > 3500 && left <= 3600)
    await documents.keep('client', url, 90 * 86_400)
    t.true((await redis.ttl(key)) > 89 * 86_400)
    await documents.put('client', url, fetched('2'))
    t.true((await redis.ttl(key)) > 89 * 86_400, 'to fetch it again does not forget that')
    await documents.keep('client', 'https://unknown.test/x', 60)
    t.is(await documents.find('client', 'https://unknown.test/x'), undefined)
  },
)

test.serial(
  'of any number of racing uses of an assertion one counts, over two connections',
  async (t) => {
    const both = [redisAssertions(redis), redisAssertions(await valkey.connect())]
    const uses = Array.from({ length: 50 }, (_, index) => both[index % 2]?.use('client', 'jti', 60))
    const outcomes = await Promise.all(uses)
    t.is(outcomes.filter((isFirst) => isFirst).length, 1)
  },
)

test.serial(
  'assertions of other clients and other ids are others, and all are forgotten',
  async (t) => {
    const assertions = redisAssertions(redis)
    t.true(await assertions.use('a', 'b c', 60))
    t.true(await assertions.use('a b', 'c', 60))
    t.true(await assertions.use('a', 'b', 60))
    t.false(await assertions.use('a', 'b', 60))
    for (const key of await keyOf('assertion:')) {
      t.true((await redis.ttl(key)) <= 60)
      t.regex(key, /^assertion:[\w-]{43}$/)
    }
  },
)
