import test from 'ava'
import { resolveRedirectTarget } from '../../../../oauth-server/authorize/redirect-target.ts'
import { addToQuery } from '../../../../oauth-server/authorize/respond.ts'

const client = { redirectUris: ['https://app.example/cb', 'http://localhost/cb', 'app:/cb'] }

test('a target is the very text that was requested', (t) => {
  t.is(resolveRedirectTarget(client, 'https://app.example/cb')?.uri, 'https://app.example/cb')
  t.is(resolveRedirectTarget(client, 'http://localhost:1/cb')?.uri, 'http://localhost:1/cb')
  t.is(resolveRedirectTarget(client, 'app:/cb')?.uri, 'app:/cb')
})

for (const uri of [
  'http://127.0.0.1:1/cb',
  'http://localhost:1/cb/',
  'http://localhost:1/cb?x',
  'http://localhost:/cb',
  'https://localhost/cb',
  'https://app.example:8443/cb',
  'app:/CB',
]) {
  test(`${uri} is no target`, (t) => t.is(resolveRedirectTarget(client, uri), undefined))
}

test('an absent URI means the one that is registered, if it is one', (t) => {
  t.is(resolveRedirectTarget(client, undefined), undefined)
  t.is(resolveRedirectTarget({ redirectUris: ['app:/cb'] }, undefined)?.uri, 'app:/cb')
})

for (const [uri, expected] of [
  ['https://c/cb', 'https://c/cb?state=a%20b%26c'],
  ['https://c/cb?x=1', 'https://c/cb?x=1&state=a%20b%26c'],
  ['https://c/cb?', 'https://c/cb?state=a%20b%26c'],
  ['app:/cb', 'app:/cb?state=a%20b%26c'],
] as const) {
  test(`the query of ${uri} is kept`, (t) => t.is(addToQuery(uri, { state: 'a b&c' }), expected))
}
