import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import { createResolve } from '../../../lib/platform/outbound/resolve.ts'

const A = 1
const AAAA = 28

/** What a name server knows: the bytes of each address; of a name that is not here it says nothing. */
const ZONE: Readonly<Record<string, Readonly<Record<number, readonly number[][]>>>> = {
  'both.test': {
    [A]: [
      [192, 0, 2, 1],
      [192, 0, 2, 2],
    ],
    [AAAA]: [[0x20, 1, ...Array(13).fill(0), 7]],
  },
  'one.test': { [A]: [[192, 0, 2, 3]] },
  'none.test': {},
}

const server = createSocket('udp4')
let asked = 0
server.on('message', (query, { port }) => {
  asked += 1
  const labels: string[] = []
  let end = 12
  for (let length = query[end] ?? 0; length > 0; length = query[end] ?? 0) {
    labels.push(query.toString('ascii', end + 1, end + 1 + length))
    end += length + 1
  }
  const found = ZONE[labels.join('.').toLowerCase()]
  if (found === undefined) return
  const type = query.readUInt16BE(end + 1)
  const records = (found[type] ?? []).map((bytes) =>
    // Name by pointer, type, class IN, a minute, length, address.
    Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]),
  )
  const head = Buffer.from([
    query[0] ?? 0,
    query[1] ?? 0,
    0x81,
    0x80,
    0,
    1,
    0,
    records.length,
    0,
    0,
    0,
    0,
  ])
  server.send(Buffer.concat([head, query.subarray(12, end + 5), ...records]), port, '127.0.0.1')
})
server.bind(0, '127.0.0.1')
await once(server, 'listening')
test.after.always(() => {
  server.close()
})
const resolve = createResolve([`127.0.0.1:${server.address().port}`])
const never = new AbortController().signal

test('all addresses of both kinds are found', async (t) => {
  t.deepEqual(await resolve('both.test', never), [
    { address: '192.0.2.1', family: 4 },
    { address: '192.0.2.2', family: 4 },
    { address: '2001::7', family: 6 },
  ])
})

test('one kind is enough', async (t) => {
  t.deepEqual(await resolve('one.test', never), [{ address: '192.0.2.3', family: 4 }])
})

test('a name without any is an error', async (t) => {
  await t.throwsAsync(resolve('none.test', never), { code: 'ENODATA' })
})

test('a silent name server is let go at once', async (t) => {
  const end = new AbortController()
  const before = asked
  const resolving = resolve('silent.test', end.signal)
  const startedAt = performance.now()
  while (asked === before) await new Promise((next) => setTimeout(next, 5))
  end.abort()
  await t.throwsAsync(resolving, { code: 'ECANCELLED' })
  t.true(performance.now() - startedAt < 5000)
})
