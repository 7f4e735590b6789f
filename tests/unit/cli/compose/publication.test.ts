import test from 'ava'
import {
  requireFittingPublication,
  withPublishedPort,
} from '../../../../cli/compose/publication.ts'

const LOCAL = { loopback: true, issuer: 'http://localhost:8642' }
const PUBLIC = { loopback: false, issuer: 'https://auth.example.com' }
const DOMAIN = { BASE_DOMAIN: 'example.com' }

test('with a domain the port is that of https, unless another is named', (t) => {
  t.is(withPublishedPort(DOMAIN)['GATEWAY_PORT'], '443')
  t.is(withPublishedPort({ ...DOMAIN, GATEWAY_PORT: '' })['GATEWAY_PORT'], '443')
  t.is(withPublishedPort({ ...DOMAIN, GATEWAY_PORT: '8443' })['GATEWAY_PORT'], '8443')
  t.is(withPublishedPort({})['GATEWAY_PORT'], undefined)
})

test('what is for this machine is published nowhere else', (t) => {
  t.notThrows(() => requireFittingPublication(LOCAL, {}))
  t.notThrows(() => requireFittingPublication(LOCAL, { GATEWAY_PUBLISH_ADDRESS: '127.0.0.2' }))
  for (const environment of [
    { GATEWAY_PUBLISH_ADDRESS: '0.0.0.0' },
    { BASE_DOMAIN: 'gw.localhost' },
  ]) {
    t.throws(() => requireFittingPublication(LOCAL, environment), { message: /this machine alone/ })
  }
})

test('what others are to reach is published where they can, or somebody has said otherwise', (t) => {
  t.notThrows(() => requireFittingPublication(PUBLIC, DOMAIN))
  t.notThrows(() => requireFittingPublication(PUBLIC, { GATEWAY_PUBLISH_ADDRESS: '127.0.0.1' }))
  t.throws(() => requireFittingPublication(PUBLIC, {}), { message: /nobody could reach it/ })
})

test('an authority that asks over plain HTTP is answered, or not asked', (t) => {
  const address = { GATEWAY_PUBLISH_ADDRESS: '0.0.0.0', ACME_EMAIL: 'you@example.com' }
  t.throws(() => requireFittingPublication(PUBLIC, address), { message: /Port 80/ })
  t.notThrows(() =>
    requireFittingPublication(PUBLIC, { ...address, ACME_DNS_PROVIDER: 'cloudflare' }),
  )
  t.notThrows(() => requireFittingPublication(PUBLIC, { ...DOMAIN, ACME_EMAIL: 'a@b.c' }))
  t.throws(() => requireFittingPublication(PUBLIC, { ...DOMAIN, GATEWAY_HTTP_PORT: '0' }), {
    message: /GATEWAY_HTTP_PORT/,
  })
})
