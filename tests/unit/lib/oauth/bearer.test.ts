import test from 'ava'
import { type BearerReading, readBearer } from '../../../../lib/oauth/bearer.ts'

const reads = test.macro({
  exec(t, headers: readonly string[], kind: BearerReading['kind']) {
    t.is(readBearer(headers).kind, kind)
  },
  title: (name = '') => `${name}`,
})

test('no header is no token', reads, [], 'none')
test('another scheme is no token', reads, ['Basic YTpi'], 'none')
test('a scheme that only begins alike is no token', reads, ['Bearers abc'], 'none')
test('an empty bearer is malformed', reads, ['Bearer'], 'malformed')
test('an empty bearer with a blank is malformed', reads, ['Bearer '], 'malformed')
test('two tokens in one header are malformed', reads, ['Bearer a b'], 'malformed')
test('a joined second header is malformed', reads, ['Bearer a, Bearer b'], 'malformed')
test('two headers are malformed', reads, ['Bearer a', 'Bearer a'], 'malformed')
test('a token outside the alphabet is malformed', reads, ['Bearer a"b'], 'malformed')
test('a token too long is malformed', reads, [`Bearer ${'a'.repeat(8193)}`], 'malformed')
test('a token of the greatest length is a token', reads, [`Bearer ${'a'.repeat(8192)}`], 'token')

test('the token is what follows the scheme, in any case', (t) => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
    t.deepEqual(readBearer([`${scheme}  abc.def-_~+/== `]), {
      kind: 'token',
      token: 'abc.def-_~+/==',
    })
  }
})
