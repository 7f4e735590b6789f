import test from 'ava'
import { pushedRequestId, redisPushedRequests } from '../../oauth-server/store/pushed-requests.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const connections = await Promise.all([1, 2, 3, 4].map(() => valkey.connect()))
const pushedRequests = redisPushedRequests(redis)
test.after.always(() => valkey.stop())

const PUSHED = {
  clientId: 'c',
  redirectUri: 'https://app.example/cb',
  state: 's',
  request: {
    codeChallenge: 'x',
    service: 'echo',
    requestedScopes: ['mcp'],
    nonce: 'n',
    maxAgeSeconds: 0,
    loginHint: 'alice',
    silent: false,
    insistent: true,
  },
}

test('a request is found by its URI again and again, until it is used up', async (t) => {
  const uri = await pushedRequests.push(PUSHED)
  t.regex(uri, /^urn:ietf:params:oauth:request_uri:[\w-]{43}$/)
  t.deepEqual(await pushedRequests.find(uri), PUSHED)
  t.deepEqual(await pushedRequests.find(uri), PUSHED)
  t.true(await pushedRequests.useUp(pushedRequestId(uri)))
  t.is(await pushedRequests.find(uri), undefined)
  t.false(await pushedRequests.useUp(pushedRequestId(uri)))
  t.is(await pushedRequests.find(`${uri.slice(0, -1)}!`), undefined)
})

test('of twenty racing decisions one is told that it is the first', async (t) => {
  const id = pushedRequestId(await pushedRequests.push(PUSHED))
  const racing = Array.from({ length: 20 }, (_, index) =>
    redisPushedRequests(connections[index % connections.length] ?? redis).useUp(id),
  )
  t.is((await Promise.all(racing)).filter(Boolean).length, 1)
})

test('whoever decides after the minute is told apart from a second decision', async (t) => {
  const uri = await pushedRequests.push(PUSHED)
  const id = pushedRequestId(uri)
  await redis.expire(`pushed-request:${id}`, 0)
  t.true(await pushedRequests.useUp(id))
  t.false(await pushedRequests.useUp(id))
  const seconds = await redis.ttl(`decided-request:${id}`)
  t.true(seconds > 1260 && seconds <= 1320)
})

test.serial('it lives a minute; its URI and state do not stand in the store', async (t) => {
  const uri = await pushedRequests.push({ ...PUSHED, state: 'the-state' })
  const keys = await redis.keys('*pushed-request:*')
  t.true(keys.length > 0)
  for (const key of keys) {
    t.false(key.includes(uri.slice(-43)))
    const name = key.slice(redis.options.keyPrefix?.length)
    t.notRegex((await redis.get(name)) ?? '', /the-state/)
    const seconds = await redis.ttl(name)
    t.true(seconds > 0 && seconds <= 60)
  }
})
