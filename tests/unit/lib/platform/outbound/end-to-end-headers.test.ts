import test from 'ava'
import { endToEndHeaders } from '../../../../../lib/platform/outbound/proxy/end-to-end-headers.ts'

test('what speaks of one connection stays there, also what Connection names', (t) => {
  const raw = [
    ['Connection', 'close, X-Of-This-Hop'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Authorization', 'Basic c2VjcmV0'],
    ['Proxy-Connection', 'keep-alive'],
    ['TE', 'trailers'],
    ['Trailer', 'x-sum'],
    ['Transfer-Encoding', 'chunked'],
    ['Upgrade', 'websocket'],
    ['x-of-this-hop', '1'],
    ['Accept', 'text/html'],
  ].flat()
  t.deepEqual({ ...endToEndHeaders(raw) }, { accept: ['text/html'] })
})

test('what comes twice goes on twice, in order', (t) => {
  const raw = ['Set-Cookie', 'a=1', 'X', 'y', 'set-cookie', 'b=2']
  t.deepEqual({ ...endToEndHeaders(raw) }, { 'set-cookie': ['a=1', 'b=2'], x: ['y'] })
})

test('no name reaches the prototype, and the caller may drop more', (t) => {
  const kept = endToEndHeaders(['__proto__', 'x', 'Host', 'a.example'], (name) => name === 'host')
  t.deepEqual(Object.keys(kept), ['__proto__'])
})
