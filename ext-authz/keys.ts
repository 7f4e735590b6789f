/** The verification keys: those of the replica, read again from the store when a token names one that is not there. */

import type { KeyObject } from 'node:crypto'
import { toVerificationKey } from '../lib/oauth/jws.ts'
import type { Clock } from '../lib/platform/clock.ts'
import type { PublicJwk } from '../lib/store/public-keys.ts'

/** Tokens with invented key ids must not make us read the store more often than this. */
const REREAD_MS_MIN = 1000

/** While nobody tells us of changes, a key that was withdrawn verifies nothing after this long. */
const AGE_MS_MAX = 5000

export interface KeysOptions {
  /** From the store itself. Rejects when it cannot answer in time. */
  readonly read: () => Promise<readonly PublicJwk[]>
  /** Whether changes are told through `replace`, so that what is held is what is published. */
  readonly isFollowing: () => boolean
  readonly now: Clock
}

export interface Keys {
  /** At once when it is held. Rejects when a read was needed and failed. */
  find(kid: string, algorithm: string): KeyObject | undefined | Promise<KeyObject | undefined>
  /** The published set has changed. Whether that changed anything. */
  replace(published: Iterable<PublicJwk>): boolean
  readonly size: number
}

interface HeldKey {
  readonly algorithm: string
  readonly key: KeyObject
}

export function createKeys({ read, isFollowing, now }: KeysOptions): Keys {
  let held: ReadonlyMap<string, HeldKey> = new Map()
  let text = ''
  let reading: Promise<void> | undefined
  let readAt = Number.NEGATIVE_INFINITY

  function replace(published: Iterable<PublicJwk>): boolean {
    const jwks = [...published].sort((one, other) => (one.kid < other.kid ? -1 : 1))
    readAt = now()
    if (JSON.stringify(jwks) === text) return false
    held = new Map(
      jwks.map((jwk) => [jwk.kid, { algorithm: jwk.alg, key: toVerificationKey(jwk) }]),
    )
    text = JSON.stringify(jwks)
    return true
  }

  /** Callers at the same time share one read. */
  function readAgain(): Promise<void> {
    reading ??= read()
      .then((published) => void replace(published))
      .finally(() => {
        reading = undefined
      })
    return reading
  }

  function pick(kid: string, algorithm: string): KeyObject | undefined {
    const found = held.get(kid)
    return found?.algorithm === algorithm ? found.key : undefined
  }

  return {
    replace,
    find(kid, algorithm) {
      const elapsed = now() - readAt
      // The clock was ahead then: nobody knows how long ago that was.
      const age = elapsed < 0 ? Number.POSITIVE_INFINITY : elapsed
      const isKnown = held.has(kid) ? isFollowing() || age < AGE_MS_MAX : age < REREAD_MS_MIN
      return isKnown ? pick(kid, algorithm) : readAgain().then(() => pick(kid, algorithm))
    },
    get size() {
      return held.size
    },
  }
}
