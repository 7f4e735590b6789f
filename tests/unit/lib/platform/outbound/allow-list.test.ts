import test from 'ava'
import { allowList, NOTHING_ALLOWED } from '../../../../../lib/platform/outbound/allow-list.ts'

type Case = readonly [entries: string, host: string, address: string, port: number]

const ALLOWED: readonly Case[] = [
  ['10.0.0.0/8', '10.1.2.3', '10.1.2.3', 80],
  ['10.0.0.0/8', 'intranet.example', '10.1.2.3', 5432],
  ['10.0.0.0/8:443', '10.1.2.3', '10.1.2.3', 443],
  ['127.0.0.1:8000', '127.0.0.1', '127.0.0.1', 8000],
  ['[::1]:8000', '::1', '::1', 8000],
  ['fd00::/8', 'host.example', 'fd00::7', 443],
  ['[fd00::/8]:443', 'host.example', 'fd00::7', 443],
  ['::1', '::1', '::1', 443],
  ['Intranet.example', 'intranet.example', '192.168.0.7', 443],
  ['localhost:3000', 'localhost', '127.0.0.1', 3000],
  ['192.168.0.0/16, 10.0.0.0/8', '10.1.2.3', '10.1.2.3', 80],
]

for (const [entries, host, address, port] of ALLOWED) {
  test(`${entries} allows ${host} at ${address} port ${port}`, (t) => {
    t.true(allowList(entries).allows({ host, port }, address))
  })
}

const NOT_ALLOWED: readonly Case[] = [
  ['', '10.1.2.3', '10.1.2.3', 80],
  ['10.0.0.0/8', '11.0.0.1', '11.0.0.1', 80],
  ['10.0.0.0/8:443', '10.1.2.3', '10.1.2.3', 80],
  ['127.0.0.1', '127.0.0.2', '127.0.0.2', 80],
  ['127.0.0.1', '::ffff:7f00:1', '::ffff:127.0.0.1', 80],
  ['0.0.0.0/0', '::1', '::1', 80],
  ['intranet.example', 'other.example', '10.0.0.1', 80],
  ['intranet.example', 'sub.intranet.example', '10.0.0.1', 80],
  ['intranet.example', '10.0.0.1', '10.0.0.1', 80],
]

for (const [entries, host, address, port] of NOT_ALLOWED) {
  test(`${entries || 'an empty list'} does not allow ${host} at ${address} port ${port}`, (t) => {
    t.false(allowList(entries).allows({ host, port }, address))
  })
}

const REFUSED = [
  ...['10.0.0.0/33', '10.0.0.0/8/9', '10.0.0.0/', '*.example', 'http://a.example', 'a b', '127.1'],
  ...['a:99999', 'a:0', '10.0.0.1:0', ':443'],
]
for (const entry of REFUSED) {
  test(`${entry} is refused as an entry`, (t) => {
    t.throws(() => allowList(entry), { instanceOf: RangeError, message: /must list hosts/ })
  })
}

test('without a list nothing is allowed', (t) => {
  t.false(NOTHING_ALLOWED.allows({ host: '127.0.0.1', port: 80 }, '127.0.0.1'))
})
