/**
 * Clients that are described by the document at the URL which is their id.
 *
 * Whoever begins something gets the document as it is now, as far as HTTP lets it be kept; whoever goes on
 * gets what was last good. A failure is kept by nobody: the next request tries again.
 */

import { OAuthError, type OAuthErrorOptions } from '../../../lib/oauth/error.ts'
import type { Clock } from '../../../lib/platform/clock.ts'
import type { Log } from '../../../lib/platform/log.ts'
import type { Outbound } from '../../../lib/platform/outbound/outbound.ts'
import { describeFailure, OutboundError } from '../../../lib/platform/outbound/outbound-error.ts'
import { takeOrRefuse } from '../../steps/limit-rate.ts'
import type { Documents, FetchedDocument } from '../../store/documents.ts'
import type { Limits } from '../../store/limits.ts'
import type { Client } from '../client.ts'
import type { Freshness } from '../directory.ts'
import { documentUrlFault } from './document-url.ts'
import { freshForMs, isFresh } from './freshness.ts'
import { type DocumentRules, parseClientDocument } from './parse-document.ts'
import { shareRunning } from './share-running.ts'

export interface ClientDocuments {
  /**
   * @throws OAuthError with words for a person. `requester` is who is to blame for a fetch.
   */
  find(url: string, freshness: Freshness, requester: string | undefined): Promise<Client>
  /** Somebody approved it, or it refreshed: known for so many seconds at least, whatever its host does. */
  keep(url: string, seconds: number): Promise<void>
  /** Fetches it now, whatever is known. @throws OutboundError, or OAuthError about what it says. */
  fetch(url: string): Promise<Client>
}

export interface ClientDocumentsPorts extends DocumentRules {
  readonly isAccepted: boolean
  readonly outbound: Outbound
  readonly documents: Documents
  readonly limits: Limits
  readonly clock: Clock
  readonly log: Log
}

const BYTES_MAX = 10_240
const FRESH = { minMs: 0, maxMs: 86_400_000 }
/** From the authorization request to the code at the token endpoint nothing is fetched twice. */
const HELD_MS = 900_000
/** Of what was asked for too often: as long as what comes without a word about it. */
const RECENT_MS = 60_000

/** URLs that are fetched for the first time: nobody makes us ask the whole internet. */
const UNKNOWN = { name: 'document-unknown', burst: 30, perMinute: 30 }
/** The same one over and over, whoever asks: what may not be kept is asked for at each login. */
const KNOWN = { name: 'document-known', burst: 100, perMinute: 300 }

export function createClientDocuments(ports: ClientDocumentsPorts): ClientDocuments {
  const { outbound, documents, limits, clock, log } = ports
  const fetch = shareRunning((url, requester?: string) => fetchDocument(ports, url, requester))
  const renew = async (
    url: string,
    known: FetchedDocument | undefined,
    requester: string | undefined,
  ): Promise<Client> => {
    const isFetched = fetch.isRunning(url) || (await mayFetch(ports, known, url, requester))
    if (known !== undefined && !isFetched) return parseClientDocument(url, known.text, ports)
    return await fetch(url, requester)
  }
  /** Never rejects: most wait for nothing of it. Undefined: it cannot be had now. */
  const renewMeanwhile = async (
    url: string,
    requester: string | undefined,
  ): Promise<Client | undefined> => {
    try {
      if (fetch.isRunning(url)) return await fetch(url, requester)
      outbound.requireRoom(url, requester)
      if ((await limits.take(KNOWN, url)) > 0) return undefined
      return await fetch(url, requester)
    } catch (error) {
      log.info({ client_id: url, detail: describeFailure(error) }, 'document not renewed')
      return undefined
    }
  }
  /** What is known goes on as it is; keys that stand in it alone may have been withdrawn since, or be new. */
  const goOn = async (
    url: string,
    known: FetchedDocument,
    freshness: Freshness,
    requester: string | undefined,
  ): Promise<Client> => {
    const renewing = isStale(known, clock()) ? renewMeanwhile(url, requester) : undefined
    const held = parseClientDocument(url, known.text, ports)
    const isAwaited = freshness === 'proving' && held.keys !== undefined && 'jwks' in held.keys
    return (isAwaited ? await renewing : undefined) ?? held
  }
  return {
    async find(url, freshness, requester) {
      checkUrl(url, freshness, ports)
      const known = await documents.find('client', url)
      try {
        if (known !== undefined && (freshness !== 'current' || isFresh(known, clock()))) {
          return await goOn(url, known, freshness, requester)
        }
        return await renew(url, known, requester)
      } catch (error) {
        throw toRefusal(url, freshness, error)
      }
    },
    keep: (url, seconds) => documents.keep('client', url, seconds),
    fetch: (url) => fetch(url),
  }
}

function isStale(known: FetchedDocument, now: number): boolean {
  return !isFresh(known, now) && Math.abs(now - known.fetchedAt) >= HELD_MS
}

function isRecent({ fetchedAt }: FetchedDocument, now: number): boolean {
  return Math.abs(now - fetchedAt) < RECENT_MS
}

function checkUrl(
  url: string,
  freshness: Freshness,
  { isAccepted, ownHosts }: ClientDocumentsPorts,
): void {
  if (!isAccepted) {
    throw new OAuthError(
      'invalid_client',
      'This gateway does not take a URL for a client id. The application has to register instead.',
      toExplained(freshness),
    )
  }
  const fault = documentUrlFault(url, ownHosts)
  if (fault === undefined) return
  throw new OAuthError(
    'invalid_client',
    `The application named itself by a URL that cannot be used: it ${fault}. Whoever makes the application has to change that.`,
    toExplained(freshness),
  )
}

/**
 * What there is no room for counts nowhere: else whoever keeps us busy would use up what others have.
 * @returns false where what is known has to do: it was fetched a moment ago, and may not be again. Else one
 * stranger who asks without end would keep everybody from this client.
 */
async function mayFetch(
  { outbound, limits, clock }: ClientDocumentsPorts,
  known: FetchedDocument | undefined,
  url: string,
  requester: string | undefined,
): Promise<boolean> {
  outbound.requireRoom(url, requester)
  if (known === undefined) await takeOrRefuse(limits, UNKNOWN, requester ?? '')
  else if (isRecent(known, clock())) return (await limits.take(KNOWN, url)) === 0
  else await takeOrRefuse(limits, KNOWN, url, 'documentOften')
  return true
}

async function fetchDocument(
  ports: ClientDocumentsPorts,
  url: string,
  requester: string | undefined,
): Promise<Client> {
  const { outbound, documents, clock } = ports
  const fetchedAt = clock()
  const { text, headers } = await outbound.fetch(url, BYTES_MAX, requester)
  const client = parseClientDocument(url, text, ports)
  const freshUntil = fetchedAt + freshForMs(headers, FRESH)
  await documents.put('client', url, { text, fetchedAt, freshUntil })
  return client
}

/** Whoever begins sees a page; to whoever goes on it is a client that is not known. */
function toExplained(freshness: Freshness): OAuthErrorOptions {
  return { explain: 'document', ...(freshness === 'current' ? { status: 400 } : {}) }
}

function toRefusal(url: string, freshness: Freshness, thrown: unknown): OAuthError {
  const { host } = new URL(url)
  const explained = toExplained(freshness)
  if (thrown instanceof OutboundError) {
    if (thrown.fault === 'busy') {
      return new OAuthError('temporarily_unavailable', `${thrown.message} Try again in a moment.`, {
        explain: 'documentWaits',
      })
    }
    return new OAuthError(
      'invalid_client',
      `The document at ${host} that describes the application could not be fetched. ${thrown.message} Try again later; if it stays so, whoever makes the application has to repair it.`,
      { ...explained, detail: describeFailure(thrown), cause: thrown.cause },
    )
  }
  const error = OAuthError.from(thrown)
  if (error.code !== 'invalid_client_metadata' && error.code !== 'invalid_redirect_uri')
    return error
  return new OAuthError(
    'invalid_client',
    `The document at ${host} that describes the application cannot be used: ${error.message}. Whoever makes the application has to correct it.`,
    { ...explained, detail: url },
  )
}
