import type { IncomingHttpHeaders } from 'node:http'
import test from 'ava'
import { freshForMs } from '../../../../../oauth-server/clients/documents/freshness.ts'

const DAY = 86_400
const BOUNDS = { minMs: 0, maxMs: DAY * 1000 }
const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toUTCString()

const ROWS: Readonly<Record<string, [IncomingHttpHeaders, seconds: number]>> = {
  'max-age': [{ 'cache-control': 'max-age=600' }, 600],
  'max-age of a copy on its way': [{ 'cache-control': 'max-age=600', age: '500' }, 100],
  'max-age of an old copy': [{ 'cache-control': 'max-age=600', age: '900' }, 0],
  'a year': [{ 'cache-control': 'max-age=31536000, immutable' }, DAY],
  'a private copy, with a cookie': [
    { 'cache-control': 'private, max-age=60', 'set-cookie': ['a=b'] },
    60,
  ],
  'no-store': [{ 'cache-control': 'no-store' }, 0],
  'no-store, loudly': [{ 'cache-control': 'No-Store, Max-Age=60' }, 0],
  'no-cache': [{ 'cache-control': 'no-cache, max-age=60' }, 0],
  'max-age 0': [{ 'cache-control': 'max-age=0, must-revalidate' }, 0],
  'a pragma of old': [{ pragma: 'no-cache' }, 0],
  'everything varies': [{ 'cache-control': 'max-age=60', vary: '*' }, 0],
  'expired long ago': [{ expires: '0', date: ago(0) }, 0],
  'nothing said': [{}, 60],
  'nothing said but its date': [{ date: ago(0), 'last-modified': ago(36_000) }, 3600],
}

for (const [name, [headers, seconds]] of Object.entries(ROWS)) {
  test(`${name}: ${seconds} s`, (t) => {
    const found = freshForMs(headers, BOUNDS) / 1000
    t.true(Math.abs(found - seconds) < 2, `${found}`)
  })
}

test('bounds count on both sides', (t) => {
  const bounds = { minMs: 60_000, maxMs: 3_600_000 }
  t.is(freshForMs({ 'cache-control': 'no-store' }, bounds), 60_000)
  t.is(freshForMs({ 'cache-control': 'max-age=99999' }, bounds), 3_600_000)
})
