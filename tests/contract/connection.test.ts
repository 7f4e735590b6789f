import { setImmediate as nextTurn } from 'node:timers/promises'
import test from 'ava'
import { defineScript } from '../../lib/store/script.ts'
import { startValkey } from '../support/valkey.ts'

const valkey = await startValkey()
const redis = await valkey.connect()
test.after.always(() => valkey.stop())

const ECHO = defineScript(`return { KEYS[1], ARGV[1] }`)

test.serial('what is sent within one turn leaves together, in its order', async (t) => {
  await nextTurn()
  const writes = countWrites()
  const replies = Promise.all([
    redis.set('a', 'ä'),
    redis.append('a', 'b'),
    ECHO(redis, ['a'], ['1']),
    redis.multi().get('a').del('a').exec(),
    Promise.resolve().then(() => redis.get('a')),
  ])
  await Promise.resolve()
  t.is(writes.count, 0)
  const seen = [
    [null, 'äb'],
    [null, 1],
  ]
  t.deepEqual(await replies, ['OK', 3, ['mcp-gateway:a', '1'], seen, null])
  // A script that the store does not know yet is sent again.
  t.true(writes.count <= 2, `${writes.count} system calls`)
})

test.serial('what is large does not wait for the end of its turn', async (t) => {
  await nextTurn()
  const writes = countWrites()
  const value = 'x'.repeat(2000)
  const replies = [redis.set('b', value)]
  t.is(writes.count, 0)
  replies.push(redis.set('c', value))
  t.is(writes.count, 1)
  replies.push(redis.set('d', value))
  t.is(writes.count, 1)
  t.deepEqual(await Promise.all(replies), ['OK', 'OK', 'OK'])
  t.is(writes.count, 2)
  t.is(redis.stream.writableCorked, 0)
})

function countWrites(): { count: number } {
  const { stream } = redis
  const seen = { count: 0 }
  for (const name of ['_write', '_writev'] as const) {
    const write = stream[name]?.bind(stream) as (...input: unknown[]) => void
    Object.assign(stream, {
      [name](...input: unknown[]) {
        seen.count += 1
        write(...input)
      },
    })
  }
  return seen
}
