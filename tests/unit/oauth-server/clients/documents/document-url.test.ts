import test from 'ava'
import { readGateway } from '../../../../../lib/catalogue/gateway.ts'
import {
  documentUrlFault,
  isDocumentUrl,
  ownHostsOf,
} from '../../../../../oauth-server/clients/documents/document-url.ts'

const BASE_DOMAIN = 'gw.example'
const own = ownHostsOf(readGateway({ BASE_DOMAIN }, '/'))
const ofLoopback = ownHostsOf(readGateway({}, '/'))

for (const url of [
  'https://claude.ai/oauth/claude-code-client-metadata',
  'https://chatgpt.com/oauth/IbUR3zxyNQ16/client.json',
  'https://client.example/a/',
  'https://client.example/Ünïcode'.replaceAll(/[^\x20-\x7e]/g, encodeURIComponent),
]) {
  test(`${url} may name a client`, (t) => {
    t.true(isDocumentUrl(url))
    t.is(documentUrlFault(url, own), undefined)
  })
}

for (const [url, fault] of [
  ['https://client.example/x?', 'has a query'],
  ['https://client.example/x?a=b', 'has a query'],
  ['https://client.example/?a', 'has a query'],
  ['https://client.example/', 'has no path'],
  ['https://client.example/a%2e%2e%2fx', 'has encoded dots or slashes'],
  ['https://client.example/a%5Cx', 'has encoded dots or slashes'],
  ['https://client.example/a/../x', 'has dot segments'],
  ['http://client.example/x', 'does not begin with https:// and a host'],
  ['HTTPS://client.example/x', 'does not begin with https:// and a host'],
  ['https://auth.gw.example/x', 'is one of this gateway itself'],
  ['https://echo.gw.example/.well-known/x', 'is one of this gateway itself'],
] as const) {
  test(`${url} ${fault}`, (t) => {
    t.true(isDocumentUrl(url))
    t.is(documentUrlFault(url, own), fault)
  })
}

test('this gateway is meant whatever its port', (t) => {
  t.is(documentUrlFault('https://localhost/x', ofLoopback), 'is one of this gateway itself')
})

test('ids that this server makes are no URLs', (t) => {
  for (const id of ['A'.repeat(22), 'https', 'operator-client', '']) t.false(isDocumentUrl(id))
})
