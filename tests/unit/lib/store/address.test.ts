import test from 'ava'
import { storeUrl, toStoreAddress } from '../../../../lib/store/address.ts'

test('an address in its parts', (t) => {
  t.deepEqual(toStoreAddress('unix:///run/a%20b.sock'), { path: '/run/a b.sock' })
  t.deepEqual(toStoreAddress('redis://store'), { host: 'store', port: 6379, db: 0 })
  t.deepEqual(toStoreAddress('rediss://me:p%2Fw@store:1/3'), {
    ...{ host: 'store', port: 1, db: 3 },
    ...{ username: 'me', password: 'p/w', tls: {} },
  })
})

for (const wrong of [
  'localhost:6379',
  'http://localhost',
  'redis:6379',
  'localhost',
  'redis://localhost/abc',
  'redis://:hunter2/verysecret@localhost:6379',
  'redis://:hunter2%@localhost:6379',
]) {
  test(`told before anything starts, without what may be a password: ${wrong}`, (t) => {
    const error = t.throws(() => storeUrl(wrong), { instanceOf: RangeError })
    t.notRegex(error?.message ?? '', /hunter2|verysecret/)
    t.regex(error?.message ?? '', /redis:\/\/HOST:PORT|escape/)
  })
}
