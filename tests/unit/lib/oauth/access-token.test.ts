import { createPrivateKey, createPublicKey } from 'node:crypto'
import test from 'ava'
import { exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose'
import { SIGNING_ALGORITHMS, type SigningKey, signJwt } from '../../../../lib/oauth/access-token.ts'

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
