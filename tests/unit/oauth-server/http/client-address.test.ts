import test from 'ava'
import { addressKey, requesterKey, siteKey } from '../../../../oauth-server/http/client-address.ts'

for (const [address, key] of [
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:0002::6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
] as const) {
  test(`limits count ${address || 'nothing'} as ${key || 'nothing'}`, (t) => {
    t.is(addressKey(address), key)
  })
}

test('networks of IPv6 belong to a site, addresses of IPv4 to none', (t) => {
  t.is(siteKey('2001:DB8:0001:0002::6'), '2001:db8:1::/48')
  t.is(siteKey('2001:db8::1'), '2001:db8:0::/48')
  t.is(siteKey('192.0.2.7'), undefined)
  t.is(siteKey(''), undefined)
  t.is(requesterKey('2001:db8:1:2::6'), '2001:db8:1::/48')
  t.is(requesterKey('192.0.2.7'), '192.0.2.7')
})
