import test from 'ava'
import { checkHeaders, headersFor } from '../../../services/fetchs/request-headers.ts'

test('headers of the caller are sent, by their lower-case names', (t) => {
  const checked = checkHeaders({ 'X-Api-Key': 'k', Accept: 'text/html', Authorization: 'Bearer t' })
  t.deepEqual({ ...checked }, { 'x-api-key': 'k', accept: 'text/html', authorization: 'Bearer t' })
})

for (const name of ['Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Proxy-X']) {
  test(`${name} is not the caller’s to set`, (t) => {
    t.throws(() => checkHeaders({ [name]: 'x' }), { message: /cannot be set by the caller/ })
  })
}

for (const [name, value] of [
  ['X: y', 'z'],
  ['', 'z'],
  ['X', 'a\r\nHost: evil'],
  ['X', 'a\0'],
] as const) {
  test(`${JSON.stringify([name, value])} is no header`, (t) => {
    t.throws(() => checkHeaders({ [name]: value }), { message: /not one that HTTP knows/ })
  })
}

test('another origin learns nothing that was meant for the first', (t) => {
  const headers = { authorization: 'Bearer t', cookie: 'c', 'x-api-key': 'k', accept: 'text/html' }
  const from = new URL('https://a.example/x')
  t.is(headersFor(headers, from, new URL('https://a.example/y')), headers)
  for (const other of ['http://a.example/', 'https://a.example:8443/', 'https://b.example/']) {
    t.deepEqual(headersFor(headers, from, new URL(other)), { accept: 'text/html' })
  }
})
