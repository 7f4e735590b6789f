import test from 'ava'
import {
  describeDestination,
  destinationOf,
  parseAuthority,
} from '../../../../../lib/platform/outbound/destination.ts'

const SPELLINGS: readonly (readonly [authority: string, host: string, port: number])[] = [
  ['example.com:443', 'example.com', 443],
  ['EXAMPLE.com:80', 'example.com', 80],
  ['example.com.:443', 'example.com', 443],
  ['127.0.0.1:80', '127.0.0.1', 80],
  ['2130706433:80', '127.0.0.1', 80],
  ['0x7f000001:80', '127.0.0.1', 80],
  ['0x7f.1:80', '127.0.0.1', 80],
  ['0177.0.0.1:80', '127.0.0.1', 80],
  ['127.1:80', '127.0.0.1', 80],
  ['127.0.0.1.:80', '127.0.0.1', 80],
  ['１２７.0.0.1:80', '127.0.0.1', 80],
  ['[::1]:80', '::1', 80],
  ['[0:0:0:0:0:0:0:1]:80', '::1', 80],
  ['[::ffff:127.0.0.1]:80', '::ffff:7f00:1', 80],
  ['bücher.example:443', 'xn--bcher-kva.example', 443],
]

for (const [authority, host, port] of SPELLINGS) {
  test(`${authority} is ${host} at ${port}`, (t) => {
    t.deepEqual(parseAuthority(authority), { host, port })
  })
}

const UNREADABLE = [
  '',
  'example.com',
  'example.com:',
  'example.com:0',
  'example.com:65536',
  'example.com:-1',
  'example.com:443 ',
  'example.com:80:443',
  ':443',
  'user@example.com:443',
  'public.example#@10.0.0.1:443',
  'public.example\\@10.0.0.1:443',
  'example.com/path:443',
  'example.com?:443',
  '%31%32%37.0.0.1:80',
  '[fe80::1%25eth0]:80',
  '256.256.256.256:80',
  `${'a'.repeat(400)}:443`,
]

for (const authority of UNREADABLE) {
  test(`${JSON.stringify(authority.slice(0, 40))} names no destination`, (t) => {
    t.is(parseAuthority(authority), undefined)
  })
}

test('of a URL the port is the one of its scheme unless it names another', (t) => {
  t.deepEqual(destinationOf(new URL('http://a.example/x')), { host: 'a.example', port: 80 })
  t.deepEqual(destinationOf(new URL('https://a.example/x')), { host: 'a.example', port: 443 })
  t.deepEqual(destinationOf(new URL('https://[2001:db8::1]:8443/')), {
    host: '2001:db8::1',
    port: 8443,
  })
})

test('an address with colons is written in brackets', (t) => {
  t.is(describeDestination({ host: '::1', port: 80 }), '[::1]:80')
  t.is(describeDestination({ host: 'a.example', port: 443 }), 'a.example:443')
})
