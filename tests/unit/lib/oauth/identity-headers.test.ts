import test from 'ava'
import {
  decodeIdentity,
  encodeIdentity,
  parseIdentityHeaders,
  toIdentityHeaders,
} from '../../../../lib/oauth/identity-headers.ts'

for (const name of ['github:583231', 'Zoë', '100%', 'a b', 'tab\tnewline\r\n', '☃🐈', '%41', '']) {
  test(`${JSON.stringify(name)} survives as visible ASCII`, (t) => {
    const encoded = encodeIdentity(name)
    t.regex(encoded, /^[\x21-\x7e]*$/)
    t.is(decodeIdentity(encoded), name)
  })
}

test('an identifier stays readable', (t) => {
  t.is(encodeIdentity('github:583231'), 'github:583231')
})

test('half a surrogate pair does not throw', (t) => {
  t.regex(encodeIdentity('\ud800'), /^[\x21-\x7e]+$/)
})

const identity = {
  userId: 'dev:Zoë',
  userName: 'Zoë',
  clientId: 'c',
  scopes: ['mcp', 'echo:x'],
  grantId: '1-g',
  tokenId: 't',
  expiresAt: 5,
}

test('headers are read back as they were written', (t) => {
  t.deepEqual(parseIdentityHeaders(toIdentityHeaders(identity)), identity)
})

for (const name of [
  'x-user-id',
  'x-auth-client',
  'x-auth-grant',
  'x-auth-token-id',
  'x-auth-expires',
]) {
  test(`without ${name} there is no identity`, (t) => {
    t.is(parseIdentityHeaders({ ...toIdentityHeaders(identity), [name]: undefined }), undefined)
    t.is(parseIdentityHeaders({ ...toIdentityHeaders(identity), [name]: ['a', 'b'] }), undefined)
  })
}
