import test from 'ava'
import { redisSessions } from '../../mcp-bridge/store/sessions.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
const sessions = redisSessions(redis, 100)
test.after.always(() => valkey.stop())

const record = {
  user: 'dev:ann',
  client: 'client-1',
  service: 'echo',
  revision: '2025-11-25',
  instance: 'i1',
}

test.serial('finds what was opened', async (t) => {
  await sessions.open('id-1', record)
  t.deepEqual(await sessions.find('id-1'), record)
  t.is(await sessions.find('id-2'), undefined)
})

test.serial('stores no id in clear', async (t) => {
  await sessions.open('canary-id', record)
  const keys = await redis.keys('*')
  t.true(keys.length > 0)
  t.false(keys.some((key) => key.includes('canary-id')))
})

test.serial('lives for the time given, and again from each use', async (t) => {
  await sessions.open('id-3', record)
  const key = (await redis.keys('*session:*')).map((one) => one.replace(/^mcp-gateway:/, ''))
  for (const one of key) {
    const left = await redis.ttl(one)
    t.true(left > 0 && left <= 100)
  }
  const short = redisSessions(redis, 1)
  t.true(await short.touch('id-3'))
  t.true(await sessions.touch('id-3'))
  await new Promise((resolve) => setTimeout(resolve, 1100))
  t.deepEqual(await sessions.find('id-3'), record)
})

test.serial('touching what has ended says so and revives nothing', async (t) => {
  await sessions.open('id-4', record)
  await sessions.end('id-4')
  t.false(await sessions.touch('id-4'))
  t.is(await sessions.find('id-4'), undefined)
})
