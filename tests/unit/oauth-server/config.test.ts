import test from 'ava'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { readConfig, refuseTestHosts } from '../../../oauth-server/config.ts'

const REQUIRED = {
  REDIS_URL: 'unix:///x',
  OAUTH_SERVER_SOCKET: '/x',
  OAUTH_SERVER_SECRET: 'x'.repeat(32),
  USER_SECRETS_KEY: 'y'.repeat(32),
}
const read = (CLIENT_DOCUMENT_TEST_HOSTS?: string) =>
  readConfig({ ...REQUIRED, CLIENT_DOCUMENT_TEST_HOSTS })

test('names of tests lead to this machine', (t) => {
  t.is(read().CLIENT_DOCUMENT_TEST_HOSTS, undefined)
  const places = read('a.test=127.0.0.1:1, b.test=127.0.0.1:65535').CLIENT_DOCUMENT_TEST_HOSTS
  t.deepEqual(
    [...(places ?? [])],
    [
      ['a.test', { address: '127.0.0.1', port: 1 }],
      ['b.test', { address: '127.0.0.1', port: 65_535 }],
    ],
  )
  for (const hosts of ['a.test=8.8.8.8:443', 'a.test', '=127.0.0.1:1', 'a=127.0.0.1:x', 'a=b:1']) {
    t.throws(() => read(hosts), { message: /CLIENT_DOCUMENT_TEST_HOSTS .*NAME=127\.0\.0\.1:PORT/ })
  }
})

test('they exist only where nobody else can reach the gateway', (t) => {
  const at = (PUBLIC_URL: string) => readGateway({ PUBLIC_URL }, '/').addresses
  const config = read('a.test=127.0.0.1:1')
  t.notThrows(() => refuseTestHosts(config, at('http://localhost:8642')))
  t.notThrows(() => refuseTestHosts(read(), at('https://gateway.example')))
  t.throws(() => refuseTestHosts(config, at('https://gateway.example')), {
    name: 'ConfigError',
    message: /is for tests on this machine only, not for https:\/\/gateway\.example/,
  })
})
