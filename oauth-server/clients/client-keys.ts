/** The keys that a client's assertions are verified with: its own list, or the set it publishes. */

import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose'
import { OAuthError, type OAuthErrorOptions } from '../../lib/oauth/error.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Outbound } from '../../lib/platform/outbound/outbound.ts'
import { describeFailure } from '../../lib/platform/outbound/outbound-error.ts'
import { refuseIfTaken, takeOrRefuse } from '../steps/limit-rate.ts'
import type { Documents } from '../store/documents.ts'
import type { Limits } from '../store/limits.ts'
import type { ClientKeys } from './client.ts'
import { freshForMs, isFresh } from './documents/freshness.ts'
import { type KeySet, parseKeySet, publicKeysOf } from './documents/keys.ts'
import { shareRunning } from './documents/share-running.ts'
import { parseStrictJson } from './documents/strict-json.ts'

/** What `jose` asks for the key of one token. `requester`, a `requesterKey`, pays when a set has to be fetched. */
export type FindClientKey = (keys: ClientKeys, requester: string) => JWTVerifyGetKey

export interface ClientKeysPorts {
  readonly outbound: Outbound
  readonly documents: Documents
  readonly limits: Limits
  readonly clock: Clock
}

const BYTES_MAX = 65_536
const FRESH = { minMs: 60_000, maxMs: 3_600_000 }

/** Whoever can register can name any number of sets: nobody makes us ask the whole internet. */
const REQUESTS = { name: 'key-set-request', burst: 60, perMinute: 60 }
/** Of one set, whoever asks. */
const FETCH = { name: 'key-set', burst: 6, perMinute: 12 }
/** For a key that is not in it: it may have been published since. */
const RENEW = { name: 'key-set-renew', burst: 1, perMinute: 6 }

export function createClientKeys(ports: ClientKeysPorts): FindClientKey {
  const share = shareRunning((uri, requester: string) => fetchKeySet(ports, uri, requester))
  const fetch = async (uri: string, requester: string): Promise<KeySet> => {
    if (!share.isRunning(uri)) await charge(ports, uri, requester)
    return await share(uri, requester)
  }
  /**
   * Whoever may not fetch now takes nobody's turn.
   * @param error that of a key: @throws it where the set is as new as it can be, or is not what is wrong.
   */
  const renew = async (uri: string, requester: string, error: unknown): Promise<KeySet> => {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
    if (!share.isRunning(uri)) {
      requireRoom(ports, uri, requester)
      await refuseIfTaken(ports.limits, REQUESTS, requester)
    }
    if ((await ports.limits.take(RENEW, uri)) > 0) throw error
    return await fetch(uri, requester)
  }
  return (keys, requester) => {
    if ('jwks' in keys) return toFinder(keys.jwks)
    const { jwksUri } = keys
    return async (header, token) => {
      const known = await findFresh(ports, jwksUri)
      if (known === undefined) {
        return await toFinder(await fetch(jwksUri, requester))(header, token)
      }
      try {
        return await toFinder(known)(header, token)
      } catch (error) {
        return await toFinder(await renew(jwksUri, requester, error))(header, token)
      }
    }
  }
}

async function findFresh({ documents, clock }: ClientKeysPorts, uri: string) {
  const known = await documents.find('keys', uri)
  if (known === undefined || !isFresh(known, clock())) return undefined
  return publicKeysOf(parseKeySet(parseStrictJson(known.text)))
}

async function charge(ports: ClientKeysPorts, uri: string, requester: string): Promise<void> {
  requireRoom(ports, uri, requester)
  await takeOrRefuse(ports.limits, REQUESTS, requester)
}

function requireRoom({ outbound }: ClientKeysPorts, uri: string, requester: string): void {
  try {
    outbound.requireRoom(uri, requester)
  } catch (cause) {
    throw unavailable({ cause, detail: describeFailure(cause) })
  }
}

async function fetchKeySet(
  ports: ClientKeysPorts,
  uri: string,
  requester: string,
): Promise<KeySet> {
  const retryAfterSeconds = await ports.limits.take(FETCH, uri)
  if (retryAfterSeconds > 0) throw unavailable({ retryAfterSeconds })
  const fetchedAt = ports.clock()
  try {
    const { text, headers } = await ports.outbound.fetch(uri, BYTES_MAX, requester)
    const set = publicKeysOf(parseKeySet(parseStrictJson(text)))
    const freshUntil = fetchedAt + freshForMs(headers, FRESH)
    await ports.documents.put('keys', uri, { text, fetchedAt, freshUntil })
    return set
  } catch (cause) {
    throw unavailable({ cause, detail: describeFailure(cause) })
  }
}

/** Whose fault it is cannot be told: the client is not called wrong for it. */
function unavailable(options: OAuthErrorOptions): OAuthError {
  const description = 'the keys of this client cannot be fetched now: try again'
  return new OAuthError('temporarily_unavailable', description, options)
}

function toFinder({ keys }: KeySet): JWTVerifyGetKey {
  return createLocalJWKSet({ keys: keys as JSONWebKeySet['keys'] })
}
