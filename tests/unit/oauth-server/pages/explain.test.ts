import test from 'ava'
import { OAuthError, type OAuthErrorOptions } from '../../../../lib/oauth/error.ts'
import { explain } from '../../../../oauth-server/pages/explain.ts'

const keyOf = (code: ConstructorParameters<typeof OAuthError>[0], options?: OAuthErrorOptions) =>
  explain(new OAuthError(code, 'x', options)).what.key

test('an error is explained as it says itself, or by its status, or by its code', (t) => {
  t.is(keyOf('invalid_request', { explain: 'expired' }), 'expired')
  t.is(keyOf('temporarily_unavailable', { explain: 'documentWaits' }), 'documentWaits')
  t.is(keyOf('temporarily_unavailable', { explain: 'documentOften', status: 429 }), 'documentOften')
  t.is(keyOf('invalid_request', { status: 404 }), 'notFound')
  t.is(keyOf('invalid_request', { status: 405 }), 'method')
  t.is(keyOf('invalid_request', { status: 413 }), 'tooLarge')
  t.is(keyOf('temporarily_unavailable', { status: 429 }), 'tooMany')
  t.is(keyOf('temporarily_unavailable'), 'away')
  t.is(keyOf('server_error'), 'ours')
  t.is(keyOf('server_error', { status: 502 }), 'ours')
  t.is(keyOf('access_denied'), 'denied')
  t.is(keyOf('invalid_scope'), 'request')
})

test('an explanation that nobody has written is none', (t) => {
  t.is(keyOf('invalid_request', { explain: 'nonsense' }), 'request')
  t.is(keyOf('invalid_request', { explain: 'toString' }), 'request')
})

test('how long to wait is said as the answer says it', (t) => {
  const { next } = explain(
    new OAuthError('temporarily_unavailable', 'x', { status: 429, retryAfterSeconds: 40 }),
  )
  t.deepEqual(next, { key: 'tooMany-next', values: { seconds: 40 } })
})

test('how to register again is said where that helps', (t) => {
  const { reconnect } = explain(
    new OAuthError('invalid_client', 'x', { explain: 'unknownClient', status: 400 }),
  )
  const clients = reconnect.map(({ client }) => client)
  for (const client of ['Claude', 'Claude Code', 'ChatGPT', 'VS Code', 'Cursor']) {
    t.true(clients.includes(client), client)
  }
  t.deepEqual(explain(new OAuthError('invalid_client', 'x', { explain: 'redirect' })).reconnect, [])
})
