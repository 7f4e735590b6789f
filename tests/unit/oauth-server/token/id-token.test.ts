import { generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { signJwt } from '../../../../lib/oauth/jws.ts'
import { findIdTokenSubject } from '../../../../oauth-server/token/id-token.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const KEY = { kid: 'k', algorithm: 'EdDSA', privateKey } as const
const CLAIMS = { iss: 'https://gw.test', sub: 'dev:ann', aud: 'client', iat: 1, exp: 301 }

type Read = Parameters<typeof findIdTokenSubject>
const PORTS = {
  gateway: { addresses: { issuer: 'https://gw.test' } },
  keyring: { find: (kid: string) => (kid === 'k' ? publicKey : undefined) },
} as unknown as Read[0]
const subjectOf = (token: string) => findIdTokenSubject(PORTS, token, 'client')

test('an ID token names its person long after it has expired', async (t) => {
  t.is(await subjectOf(signJwt('JWT', CLAIMS, KEY)), 'dev:ann')
})

for (const [title, token] of Object.entries({
  'an access token': signJwt('at+jwt', CLAIMS, KEY),
  'of another issuer': signJwt('JWT', { ...CLAIMS, iss: 'https://other.test' }, KEY),
  'for another client': signJwt('JWT', { ...CLAIMS, aud: 'other' }, KEY),
  'for several clients': signJwt('JWT', { ...CLAIMS, aud: ['client', 'other'] }, KEY),
  'about nobody': signJwt('JWT', { ...CLAIMS, sub: undefined }, KEY),
  'by a key that is gone': signJwt('JWT', CLAIMS, { ...KEY, kid: 'gone' }),
  'by another key': signJwt('JWT', CLAIMS, {
    ...KEY,
    privateKey: generateKeyPairSync('ed25519').privateKey,
  }),
  nothing: '',
})) {
  test(`what names nobody: ${title}`, async (t) => {
    t.is(await subjectOf(token), undefined)
  })
}
