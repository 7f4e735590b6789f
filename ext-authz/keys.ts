/** The verification keys: held in memory, read again when a token names one we do not know, or when they are old. */

import { type CryptoKey, importJWK } from 'jose'
import type { FindKey } from '../lib/oauth/access-token.ts'
import type { Clock } from '../lib/platform/clock.ts'
import type { PublicJwk, PublicKeys } from '../lib/store/public-keys.ts'

/** Tokens with invented key ids must not make us read the store more often than this. */
const REREAD_MS_MIN = 1000

/** A key that was withdrawn verifies nothing after this long. */
const AGE_MS_MAX = 5000

export interface Keys {
  /** Rejects when an unknown key would need a read and the read fails. */
  readonly find: FindKey
  /** Reads the set; resolves with how many keys there are. */
  load(): Promise<number>
}

interface HeldKey {
  readonly algorithm: string
  readonly key: CryptoKey
}

export function createKeys(publicKeys: PublicKeys, now: Clock): Keys {
  let held = new Map<string, HeldKey>()
  let reading: Promise<number> | undefined
  let readAt = Number.NEGATIVE_INFINITY

  async function read(): Promise<number> {
    const jwks = await publicKeys.all()
    held = new Map(await Promise.all(jwks.map(importKey)))
    readAt = now()
    return held.size
  }

  /** Callers at the same time share one read. */
  function load(): Promise<number> {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }

  return {
    load,
    async find(kid, algorithm) {
      if (now() - readAt >= (held.has(kid) ? AGE_MS_MAX : REREAD_MS_MIN)) await load()
      const found = held.get(kid)
      return found?.algorithm === algorithm ? found.key : undefined
    },
  }
}

async function importKey(jwk: PublicJwk): Promise<[string, HeldKey]> {
  const key = await importJWK(jwk, jwk.alg)
  // Only a symmetric key imports as bytes; none may ever verify a token here.
  if (key instanceof Uint8Array) throw new TypeError(`key ${jwk.kid} is not a public key`)
  return [jwk.kid, { algorithm: jwk.alg, key }]
}
