/**
 * The signing keys of this process: made on first start, agreed with every other server of the store.
 *
 * Private halves are sealed in the store; a key signs only when its public half had time to spread.
 */

import { createPrivateKey } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { SigningAlgorithm, SigningKey } from '../../lib/oauth/access-token.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import { open, seal } from '../../lib/platform/seal.ts'
import type { PublicJwk, PublicKeys } from '../../lib/store/public-keys.ts'
import type { SigningKeyRecord, SigningKeys, StoredSigningKey } from '../store/signing-keys.ts'

export interface Keyring {
  /**
   * Brings store and memory to the same keys, and publishes them. A store that lost its keys gets
   * ours back, so that a key once published keeps its name.
   */
  synchronize(): Promise<void>
  /** The key that signs now. @throws Error before the first `synchronize`. */
  current(): SigningKey
}

export interface KeyringOptions {
  readonly algorithm: SigningAlgorithm
  readonly sealingKey: Buffer
  readonly clock: Clock
}

interface LoadedKey extends SigningKey {
  readonly signsFrom: number
}

export function createKeyring(
  signingKeys: SigningKeys,
  publicKeys: PublicKeys,
  { algorithm, sealingKey, clock }: KeyringOptions,
): Keyring {
  let loaded: readonly LoadedKey[] = []
  let candidate: Promise<StoredSigningKey> | undefined
  return {
    async synchronize() {
      candidate ??= generateSigningKey(algorithm, sealingKey)
      const records = await signingKeys.ensure(await candidate)
      // From here on this is the key we would bring back.
      const agreed = records.find((record) => record.algorithm === algorithm)
      if (agreed !== undefined) candidate = Promise.resolve(agreed)
      for (const { publicJwk } of records) await publicKeys.publish(publicJwk)
      loaded = records.map((record) => load(record, sealingKey))
    },
    current() {
      const now = clock()
      const usable = loaded
        .filter(({ signsFrom }) => signsFrom <= now)
        .sort((left, right) => right.signsFrom - left.signsFrom)
      // Until a key of a newly chosen algorithm may sign, the one before it does.
      const key = usable.find((one) => one.algorithm === algorithm) ?? usable[0]
      if (key === undefined) throw new Error('there is no signing key yet')
      return key
    },
  }
}

async function generateSigningKey(
  algorithm: SigningAlgorithm,
  sealingKey: Buffer,
): Promise<StoredSigningKey> {
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

function load(record: SigningKeyRecord, sealingKey: Buffer): LoadedKey {
  const { kid, algorithm, signsFrom, sealedPrivateJwk } = record
  const privateJwk = open(sealingKey, sealedPrivateJwk, kid)
  if (privateJwk === undefined) {
    throw new Error(
      `signing key ${kid} cannot be opened: OAUTH_SERVER_SECRET is not the one it was sealed with`,
    )
  }
  const privateKey = createPrivateKey({ key: JSON.parse(privateJwk), format: 'jwk' })
  return { kid, algorithm, privateKey, signsFrom }
}
