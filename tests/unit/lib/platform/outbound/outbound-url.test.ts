import test from 'ava'
import { outboundUrlFault } from '../../../../../lib/platform/outbound/outbound-url.ts'

for (const url of [
  'https://claude.ai/oauth/claude-code-client-metadata',
  'https://client.example/',
  'https://client.example/a?b=c',
  'https://xn--pp-wia.example/%C3%A4',
]) {
  test(`${url} may be asked`, (t) => t.is(outboundUrlFault(url), undefined))
}

const ROWS: Readonly<Record<string, readonly string[]>> = {
  'does not begin with https:// and a host': [
    ...[
      'http://client.example/x',
      'HTTPS://client.example/x',
      'ftp://client.example/x',
      'https://',
    ],
    ...['https:client.example/x', 'https:///x', '//client.example/x', 'file:///etc/passwd', ''],
  ],
  'has user information': ['https://u@client.example/x', 'https://u:p@client.example/x'],
  'has a fragment': ['https://client.example/x#', 'https://client.example/x#a'],
  'has dot segments': [
    ...['https://client.example/a/../x', 'https://client.example/./x', 'https://client.example/..'],
    ...['https://client.example/a/%2e%2e/x', 'https://client.example/.%2E/x'],
  ],
  'names a port': [22, 25, 80, 6379, 8443].map((port) => `https://client.example:${port}/x`),
  'names an address instead of a host': [
    ...['https://127.0.0.1/x', 'https://[::1]/x', 'https://127.1/x', 'https://0x7f000001/x'],
    ...['https://2130706433/x', 'https://0/x', 'https://[::ffff:127.0.0.1]/x', 'https://8.8.8.8/x'],
    ...['https://[::ffff:7f00:1]/x', 'https://0177.0.0.1/x', 'https://127.0.0.1./x'],
  ],
  'has a host that ends with a dot': ['https://client.example./x', 'https://localhost./x'],
  'is not in its normal form': [
    ...['https://Client.example/x', 'https://client.example:443/x', 'https://client.example'],
    ...['https://client.example\\x', 'https://client%2eexample/x'],
  ],
  'has characters no URL has': [
    ...['https://client.example/x\n', ' https://client.example/x', 'https://client.example/a b'],
    ...['https://client.example/ä', 'https://ä.example/x', 'https://client.example/\0'],
  ],
  'is longer than 2048 characters': [`https://client.example/${'x'.repeat(2048)}`],
  'is not a URL': ['https://client.example:x/', 'https://a b/'.replace(' ', '<'), 'https://[/x'],
}

for (const [fault, urls] of Object.entries(ROWS)) {
  for (const url of urls) {
    test(`${JSON.stringify(url.slice(0, 60))} ${fault}`, (t) => t.is(outboundUrlFault(url), fault))
  }
}
