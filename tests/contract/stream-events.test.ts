import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { createLog } from '../../lib/platform/log.ts'
import { digest } from '../../lib/platform/seal.ts'
import { EVENTS_STORED_BYTES_MAX, EVENTS_UNWRITTEN_BYTES_MAX } from '../../mcp-bridge/limits.ts'
import { redisEvents } from '../../mcp-bridge/store/events.ts'
import { startValkey } from '../support/valkey.ts'

const OWNER = { user: 'dev:ann', client: 'client-1', service: 'svc' }
const MARK = 'abcdefgh'
const idOf = (stream: number, place: number) => `${MARK}.${stream}.${place}`

const valkey = await startValkey()
const connection = await valkey.connect()
test.after.always(() => valkey.stop())

function setUp(t: ExecutionContext, redis = connection) {
  const lines: string[] = []
  const log = createLog('test', 'info', { write: (line: string) => void lines.push(line) })
  const start = () => redisEvents({ redis, lifetimeSeconds: 100, log })
  const sessionId = `session of ${t.title}`
  const key = `events:${digest(sessionId)}`
  return { start, events: start(), redis, lines, sessionId, key }
}

const places = (found: readonly { id: string }[] | undefined) =>
  found?.map(({ id }) => Number(id.split('.').at(-1)))

test('another process finds what follows an event, in its stream alone', async (t) => {
  const { start, events, sessionId } = setUp(t)
  const recorder = events.recorder(sessionId, OWNER)
  for (let place = 1; place <= 3; place += 1) {
    recorder.append(idOf(1, place), `{"one":${place}}`)
    recorder.append(idOf(2, place), `{"two":${place}}`)
  }
  await events.flush()
  recorder.append(idOf(1, 4), '{"one":"ü\\n4"}')
  await events.flush()
  const other = start()
  const found = await other.recover(sessionId, OWNER, idOf(1, 1))
  t.deepEqual(found, [
    { id: idOf(1, 2), json: '{"one":2}' },
    { id: idOf(1, 3), json: '{"one":3}' },
    { id: idOf(1, 4), json: '{"one":"ü\\n4"}' },
  ])
  t.deepEqual(places(await other.recover(sessionId, OWNER, idOf(2, 0))), [1, 2, 3])
  t.deepEqual(await other.recover(sessionId, OWNER, idOf(2, 3)), [])
  for (const id of [idOf(3, 0), `ijklmnop.1.0`, 'nonsense', '']) {
    t.is(await other.recover(sessionId, OWNER, id), undefined)
  }
})

for (const [title, session, owner] of [
  ['another user', undefined, { ...OWNER, user: 'dev:bob' }],
  ['another client', undefined, { ...OWNER, client: 'client-2' }],
  ['another service', undefined, { ...OWNER, service: 'other' }],
  ['another session', 'other session', OWNER],
] as const) {
  test(`${title} finds nothing, and the store shows nothing`, async (t) => {
    const { events, redis, sessionId, key } = setUp(t)
    events.recorder(sessionId, OWNER).append(idOf(1, 1), '{"text":"canary"}')
    await events.flush()
    t.is(await events.recover(session ?? sessionId, owner, idOf(1, 0)), undefined)
    const [entry = ''] = await redis.lrange(key, 0, -1)
    t.true(entry.length > 0)
    t.false(Buffer.from(entry, 'base64url').includes('canary'))
    t.false(key.includes(sessionId))
    // Under another key of the store it cannot be opened either.
    await redis.rpush(`events:${digest('moved')}`, entry)
    t.is(await events.recover('moved', OWNER, idOf(1, 0)), undefined)
  })
}

test('what comes together is written together, soon and without being told', async (t) => {
  const { events, redis, sessionId, key } = setUp(t)
  const recorder = events.recorder(sessionId, OWNER)
  for (let place = 1; place <= 50; place += 1) recorder.append(idOf(1, place), '{}')
  t.is(await redis.exists(key), 0)
  for (let time = 0; time < 100 && (await redis.exists(key)) === 0; time += 1) await sleep(20)
  t.is(await redis.llen(key), 1)
  const ttl = await redis.ttl(key)
  t.true(ttl > 90 && ttl <= 100)
})

test('the store keeps a bounded part of it, the newest', async (t) => {
  const { events, redis, sessionId, key } = setUp(t)
  const recorder = events.recorder(sessionId, OWNER)
  const json = JSON.stringify('x'.repeat(EVENTS_STORED_BYTES_MAX / 16))
  for (let place = 1; place <= 40; place += 1) {
    recorder.append(idOf(1, place), json)
    await events.flush()
  }
  recorder.append(idOf(1, 41), JSON.stringify('x'.repeat(EVENTS_STORED_BYTES_MAX)))
  await events.flush()
  const kept = (await redis.lrange(key, 0, -1)).join('').length
  t.true(kept <= EVENTS_STORED_BYTES_MAX && kept > EVENTS_STORED_BYTES_MAX / 2)
  const found = places(await events.recover(sessionId, OWNER, idOf(1, 0))) ?? []
  t.is(found.at(-1), 40, 'one that is too large is not written')
  t.true(found.length >= 8 && found.length < 16)
})

test('what the store has lost, or let go in its time, takes nothing along that came later', async (t) => {
  const { events, redis, sessionId, key } = setUp(t)
  const recorder = events.recorder(sessionId, OWNER)
  const json = JSON.stringify('x'.repeat(EVENTS_STORED_BYTES_MAX / 16))
  const write = async (from: number, to: number): Promise<void> => {
    for (let place = from; place <= to; place += 1) {
      recorder.append(idOf(1, place), json)
      await events.flush()
    }
  }
  await write(1, 20)
  await redis.del(key)
  await write(21, 24)
  t.deepEqual(places(await events.recover(sessionId, OWNER, idOf(1, 0))), [21, 22, 23, 24])
  await write(25, 60)
  const kept = (await redis.lrange(key, 0, -1)).join('').length
  t.true(kept <= EVENTS_STORED_BYTES_MAX && kept > EVENTS_STORED_BYTES_MAX / 2)
})

test('an end takes everything out, also what was on its way', async (t) => {
  const { events, redis, sessionId, key } = setUp(t)
  const recorder = events.recorder(sessionId, OWNER)
  recorder.append(idOf(1, 1), '{}')
  await events.flush()
  recorder.append(idOf(1, 2), '{}')
  recorder.end(true)
  recorder.append(idOf(1, 3), '{}')
  await events.flush()
  t.is(await redis.exists(key), 0)
})

test('a session that ended with its server leaves what it had sent for a minute', async (t) => {
  const { start, events, redis, sessionId, key } = setUp(t)
  const recorder = events.recorder(sessionId, OWNER)
  recorder.append(idOf(1, 1), '{}')
  await events.flush()
  recorder.append(idOf(1, 2), '{}')
  recorder.end(false)
  await events.flush()
  t.deepEqual(places(await start().recover(sessionId, OWNER, idOf(1, 0))), [1, 2])
  const ttl = await redis.ttl(key)
  t.true(ttl > 50 && ttl <= 60)
})

test('when the process ends, what it had sent stays', async (t) => {
  const { start, events, sessionId } = setUp(t)
  const recorder = events.recorder(sessionId, OWNER)
  recorder.append(idOf(1, 1), '{}')
  events.retain()
  recorder.end(true)
  recorder.append(idOf(1, 2), '{}')
  await events.flush()
  t.deepEqual(places(await start().recover(sessionId, OWNER, idOf(1, 0))), [1, 2])
})

test('without a store nobody waits, and it is told once', async (t) => {
  const server = await startValkey()
  const { events, lines, sessionId } = setUp(t, await server.connect())
  await server.stop()
  const recorder = events.recorder(sessionId, OWNER)
  for (let place = 1; place <= 3; place += 1) {
    recorder.append(idOf(1, place), '{}')
    await events.flush()
  }
  t.is(lines.filter((line) => line.includes('could not be written')).length, 1)
  await t.throwsAsync(events.recover(sessionId, OWNER, idOf(1, 0)))
})

test('what waits to be written is bounded, for each session and for all', async (t) => {
  const { events, sessionId } = setUp(t)
  const json = JSON.stringify('x'.repeat(EVENTS_STORED_BYTES_MAX / 4))
  const names = Array.from({ length: 100 }, (_, n) => `${sessionId} ${n}`)
  for (const name of names) {
    const recorder = events.recorder(name, OWNER)
    for (let place = 1; place <= 10; place += 1) recorder.append(idOf(1, place), json)
  }
  await events.flush()
  const found = await Promise.all(
    names.map(async (name) => places(await events.recover(name, OWNER, idOf(1, 0))) ?? []),
  )
  t.deepEqual(found[0], [8, 9, 10])
  const kept = found.flat().length * json.length
  t.true(kept <= EVENTS_UNWRITTEN_BYTES_MAX && kept > EVENTS_UNWRITTEN_BYTES_MAX / 2)
})
