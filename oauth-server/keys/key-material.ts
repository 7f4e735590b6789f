/** Making key pairs, and opening those that the store keeps sealed (RFC 7517, RFC 7638). */

import { createPrivateKey } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { VerificationKey } from '../../lib/oauth/access-token.ts'
import type { SigningAlgorithm, SigningKey } from '../../lib/oauth/jws.ts'
import { toVerificationKey } from '../../lib/oauth/jws.ts'
import { open, seal } from '../../lib/platform/seal.ts'
import type { PublicJwk } from '../../lib/store/public-keys.ts'
import type { KeyMaterial } from '../store/signing-keys.ts'

/** Both halves, ready for use. */
export interface OpenedKey {
  readonly signing: SigningKey
  readonly verification: VerificationKey
}

export async function generateKeyMaterial(
  algorithm: SigningAlgorithm,
  sealingKey: Buffer,
): Promise<KeyMaterial> {
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const publicPart = await exportJWK(pair.publicKey)
  const kid = await calculateJwkThumbprint(publicPart)
  const privateJwk = JSON.stringify(await exportJWK(pair.privateKey))
  return {
    kid,
    algorithm,
    publicJwk: { ...publicPart, kid, alg: algorithm, use: 'sig' } as PublicJwk,
    sealedPrivateJwk: seal(sealingKey, privateJwk, kid),
  }
}

/** @throws Error when it was sealed under another key. */
export function openKeyMaterial(
  { kid, algorithm, publicJwk, sealedPrivateJwk }: KeyMaterial,
  sealingKey: Buffer,
): OpenedKey {
  const privateJwk = open(sealingKey, sealedPrivateJwk, kid)
  if (privateJwk === undefined) {
    throw new Error(
      `signing key ${kid} cannot be opened: the root secret (GATEWAY_SECRET, or the file secret in the state directory) is not the one that this store was sealed with`,
    )
  }
  const privateKey = createPrivateKey({ key: JSON.parse(privateJwk), format: 'jwk' })
  const verification = toVerificationKey({ ...publicJwk, alg: algorithm })
  return { signing: { kid, algorithm, privateKey }, verification }
}
