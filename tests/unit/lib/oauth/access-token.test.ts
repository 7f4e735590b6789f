import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto'
import test from 'ava'
import { exportJWK, generateKeyPair, importJWK, jwtVerify, SignJWT } from 'jose'
import {
  type AccessTokenClaims,
  signAccessToken,
  verifyAccessToken,
} from '../../../../lib/oauth/access-token.ts'
import {
  hasValidSignature,
  parseJws,
  SIGNING_ALGORITHMS,
  type SigningKey,
  signJwt,
  toVerificationKey,
} from '../../../../lib/oauth/jws.ts'

for (const algorithm of SIGNING_ALGORITHMS) {
  test(`what is signed with ${algorithm} verifies elsewhere`, async (t) => {
    const pair = await generateKeyPair(algorithm, { extractable: true })
    const jwk = await exportJWK(pair.privateKey)
    const privateKey = createPrivateKey({ key: { ...jwk }, format: 'jwk' })
    const key: SigningKey = { kid: 'a kid', algorithm, privateKey }
    const publicKey = await importJWK(await exportJWK(createPublicKey(privateKey)), algorithm)
    // Enough of them that numbers with leading zeros occur in ECDSA signatures.
    for (let number = 0; number < (algorithm === 'RS256' ? 5 : 2000); number += 1) {
      const claims = { sub: 'dev:ålice', number }
      const { payload, protectedHeader } = await jwtVerify(
        signJwt('at+jwt', claims, key),
        publicKey,
      )
      t.deepEqual(payload, claims)
      t.deepEqual(protectedHeader, { alg: algorithm, kid: 'a kid', typ: 'at+jwt' })
    }
  })
}

for (const algorithm of SIGNING_ALGORITHMS) {
  test(`what is signed elsewhere with ${algorithm} verifies here, and nothing that differs by a bit`, async (t) => {
    const pair = await generateKeyPair(algorithm, { extractable: true })
    const key = toVerificationKey({ ...(await exportJWK(pair.publicKey)), alg: algorithm })
    const token = await new SignJWT({ sub: 'dev:a' })
      .setProtectedHeader({ alg: algorithm, kid: 'k', typ: 'at+jwt' })
      .sign(pair.privateKey)
    const parsed = parseJws(token)
    if (typeof parsed === 'string') return t.fail(parsed)
    t.true(hasValidSignature(parsed, key))
    t.like(parsed, { algorithm, kid: 'k', typ: 'at+jwt', payload: { sub: 'dev:a' } })
    t.false(hasValidSignature({ ...parsed, signed: `${parsed.signed}A` }, key))
    for (let bit = 0; bit < parsed.signature.length * 8; bit += 7) {
      const signature = Buffer.from(parsed.signature)
      signature[bit >> 3] = (signature[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      t.false(hasValidSignature({ ...parsed, signature }, key), `bit ${bit}`)
    }
    for (const length of [0, 1, parsed.signature.length - 1]) {
      const signature = parsed.signature.subarray(0, length)
      t.false(hasValidSignature({ ...parsed, signature }, key), `${length} bytes`)
    }
  })
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEY = { kid: 'k', algorithm: 'ES256', privateKey } as const
const NOW = 1_800_000_000
const EXPECTED = {
  issuer: 'https://gw.example',
  audience: 'https://gw.example/echo/mcp',
  now: () => NOW * 1000,
}
const CLAIMS: AccessTokenClaims = {
  iss: EXPECTED.issuer,
  sub: 'dev:a',
  aud: EXPECTED.audience,
  client_id: 'c',
  scope: 'mcp',
  jti: 'j',
  iat: NOW,
  exp: NOW + 60,
  auth_time: NOW,
  grant_id: '1-g',
  preferred_username: '',
}

function judge(token: string): string {
  const verification = verifyAccessToken(token, () => publicKey, EXPECTED)
  if (verification instanceof Promise) throw new Error('not at once')
  return verification.valid ? 'valid' : verification.reason
}

/** A token whose header says whatever is wanted, with a good signature over it. */
function withHeader(header: object, claims: object = CLAIMS): string {
  const own = signJwt('at+jwt', claims, KEY).split('.')
  const forged = Buffer.from(JSON.stringify(header)).toString('base64url')
  return signJwt('at+jwt', claims, KEY).replace(own[0] ?? '', forged)
}

test('what is ours and in order is valid', (t) => {
  t.is(judge(signAccessToken(CLAIMS, KEY)), 'valid')
})

const MALFORMED: Record<string, string> = {
  nothing: '',
  'one part': 'abc',
  'two parts': 'a.b',
  'four parts': `${signAccessToken(CLAIMS, KEY)}.a`,
  'five parts, encrypted': 'a.b.c.d.e',
  'a hundred thousand dots': '.'.repeat(100_000),
  'no algorithm': withHeader({ kid: 'k', typ: 'at+jwt' }),
  'alg none': withHeader({ alg: 'none', kid: 'k', typ: 'at+jwt' }),
  'a symmetric algorithm': withHeader({ alg: 'HS256', kid: 'k', typ: 'at+jwt' }),
  'another curve': withHeader({ alg: 'ES256K', kid: 'k', typ: 'at+jwt' }),
  'an algorithm in a list': withHeader({ alg: ['ES256'], kid: 'k', typ: 'at+jwt' }),
  'no key id': withHeader({ alg: 'ES256', typ: 'at+jwt' }),
  'a number for a key id': withHeader({ alg: 'ES256', kid: 1, typ: 'at+jwt' }),
  'a critical extension': withHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt', crit: ['exp'] }),
  'the type of an ID token': signJwt('JWT', CLAIMS, KEY),
  'a type that is no text': withHeader({ alg: 'ES256', kid: 'k', typ: { toString: 1 } }),
  'types in a list': withHeader({ alg: 'ES256', kid: 'k', typ: ['at+jwt'] }),
  'no type': withHeader({ alg: 'ES256', kid: 'k' }),
  padding: `${signAccessToken(CLAIMS, KEY)}=`,
  'a line break': `${signAccessToken(CLAIMS, KEY)}\n`,
  'a header that is a list': `${Buffer.from('[]').toString('base64url')}.e30.AA`,
  'a payload that is null': `${signAccessToken(CLAIMS, KEY).split('.')[0]}.bnVsbA.AA`,
}

for (const [what, token] of Object.entries(MALFORMED)) {
  test(`malformed: ${what}`, (t) => {
    t.is(judge(token), 'malformed')
  })
}

test('another way to write the same signature is another token, and none of ours', (t) => {
  const token = signAccessToken(CLAIMS, KEY)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.at(-1) ?? '')
  // The last character of 64 bytes carries two bits; the others are not read.
  for (let spare = 1; spare < 16; spare += 1) {
    t.is(judge(token.slice(0, -1) + alphabet[last ^ spare]), 'malformed')
  }
})

const CHANGED: readonly (readonly [string, object, string])[] = [
  ['of another issuer', { iss: 'https://other.example' }, 'malformed'],
  ['without an issuer', { iss: undefined }, 'malformed'],
  ['without a subject', { sub: undefined }, 'malformed'],
  ['with a number for a scope', { scope: 7 }, 'malformed'],
  ['that has just expired, as far as clocks agree', { exp: NOW - 4 }, 'valid'],
  ['that has expired', { exp: NOW - 5 }, 'expired'],
  ['without an end', { exp: undefined }, 'malformed'],
  ['whose end is a text', { exp: String(NOW + 60) }, 'malformed'],
  ['whose end is a fraction', { exp: NOW + 60.5 }, 'malformed'],
  ['whose end is negative', { exp: -1 }, 'expired'],
  ['from the future', { iat: NOW + 31 }, 'malformed'],
  ['from a clock a little ahead', { iat: NOW + 30 }, 'valid'],
  ['that does not count yet', { nbf: NOW + 31 }, 'malformed'],
  ['whose beginning is a text', { nbf: 'now' }, 'malformed'],
  ['that counts since now', { nbf: NOW }, 'valid'],
  ['for another resource', { aud: 'https://gw.example/memory/mcp' }, 'wrong_audience'],
  ['for a longer resource', { aud: `${EXPECTED.audience}/` }, 'wrong_audience'],
  [
    'for the resource and another',
    { aud: [EXPECTED.audience, 'https://e.example'] },
    'wrong_audience',
  ],
  ['for the resource in a list', { aud: [EXPECTED.audience] }, 'wrong_audience'],
  ['for nothing', { aud: undefined }, 'wrong_audience'],
]

for (const [what, changes, expected] of CHANGED) {
  test(`a token ${what} is ${expected}`, (t) => {
    const token = signJwt('at+jwt', { ...CLAIMS, ...changes }, KEY)
    t.is(judge(token), expected)
  })
}

test('an end beyond all numbers is none', (t) => {
  const [header = '', payload = ''] = signAccessToken(CLAIMS, KEY).split('.')
  const text = Buffer.from(payload, 'base64url').toString().replace(String(CLAIMS.exp), '1e309')
  t.true(text.includes('1e309'))
  const signed = `${header}.${Buffer.from(text).toString('base64url')}`
  const parsed = parseJws(`${signed}.AA`)
  if (typeof parsed === 'string') return t.fail(parsed)
  t.is(parsed.payload['exp'], Number.POSITIVE_INFINITY)
  t.false(Number.isInteger(parsed.payload['exp']))
})

test('a token of another key is not ours', (t) => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  t.is(judge(signAccessToken(CLAIMS, { ...KEY, privateKey: other.privateKey })), 'bad_signature')
})

test('our own failure to find a key is not the token’s', async (t) => {
  const token = signAccessToken(CLAIMS, KEY)
  const away = () => Promise.reject(new Error('away'))
  await t.throwsAsync(async () => verifyAccessToken(token, away, EXPECTED), { message: 'away' })
  const late = await verifyAccessToken(token, async () => publicKey, EXPECTED)
  t.true(late.valid)
})
