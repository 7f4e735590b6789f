import test from 'ava'
import { HIDDEN, visibleHeaders } from '../../../services/echo/hidden-headers.ts'
import { IDENTITY, toJwt } from '../../support/echo-tool.ts'

for (const [name, text] of [
  ['authorization', 'Bearer canary'],
  ['Proxy-Authorization', 'Basic Y2FuYXJ5'],
  ['cookie', 'session=canary'],
  ['x-gateway-edge', 'canary'],
  ['mcp-session-id', 'canary'],
  ['x-api-key', 'canary'],
  ['api-key', 'canary'],
  ['x-auth-token', 'canary'],
  ['x-amz-security-token', 'canary'],
  ['x-client-secret', 'canary'],
  ['x-csrf-token', 'canary'],
  ['x-hub-signature-256', 'canary'],
  ['x-something', 'Bearer canary'],
  ['x-something', 'digest canary'],
  ['x-something', `before ${toJwt({ sub: 'canary' })}`],
  ['x-something', 'ghp_canary'],
] as const) {
  test(`not one character: ${name}: ${text.slice(0, 12)}`, (t) => {
    t.deepEqual([...visibleHeaders({ [name]: text })], [[name.toLowerCase(), HIDDEN]])
  })
}

test('what opens nothing is shown as it came, in order', (t) => {
  const harmless = { ...IDENTITY, host: 'h', 'user-agent': 'a/1', accept: '*/*', via: ['a', 'b'] }
  const seen = visibleHeaders(harmless)
  t.deepEqual([...seen.keys()], Object.keys(harmless).sort())
  t.is(seen.get('via'), 'a, b')
  t.false([...seen.values()].includes(HIDDEN))
})

test('one secret among several texts hides them all', (t) => {
  t.is(visibleHeaders({ 'x-many': ['plain', `x ${toJwt({})}`] }).get('x-many'), HIDDEN)
})
