/** Every client this server knows, however it knows it. */

import type { Clock } from '../../lib/platform/clock.ts'
import type { Clients } from '../store/clients.ts'
import type { Client } from './client.ts'
import type { ClientDocuments } from './documents/client-documents.ts'
import { isDocumentUrl } from './documents/document-url.ts'
import { notListed, type RedirectHosts, sortByHosts } from './redirect-hosts.ts'

/**
 * `current`: as the client describes itself today, for whoever begins something. `held`: as it was last
 * known, for whoever goes on: a document that cannot be fetched right now must not end a login. `proving`: so
 * as well, for whoever proves by a key who it is; where its keys are due it is waited for them.
 */
export type Freshness = 'current' | 'held' | 'proving'

export interface ClientDirectory {
  /**
   * Undefined for an unknown client. Of those that are not the operator's the redirect URIs are told that the
   * operator lets answers go to today. `requester`, a `requesterKey`, pays when something has to be fetched.
   * @throws OAuthError when it is known to be wrong, with words for a person.
   */
  find(id: string, freshness: Freshness, requester?: string): Promise<Client | undefined>
  /** Somebody approved it, or it refreshed: a registration's life begins anew. */
  keep(client: Client): Promise<void>
}

/** How long what a client was given may live, seconds. */
export interface ClientLifetimes {
  /** From the last use; 0 for ever. */
  readonly registration: number
  readonly accessToken: number
  readonly refreshToken: number
}

export interface KnownClients {
  readonly registered: Clients
  /** The operator's, by id: nobody else can have one of these. */
  readonly configured: ReadonlyMap<string, Client>
  readonly documents: ClientDocuments
  /** Where the operator lets answers go; documents are held to it, and whoever registered before it was so. */
  readonly redirectHosts: RedirectHosts
}

/**
 * How much longer a registration is kept than it has to be: each process prolongs it that often at most,
 * however often the client refreshes.
 */
const SPARE_SECONDS = 600
/** How many are remembered to have been kept. */
const KEPT_MAX = 10_000

/** The longest that HTTP may call a document fresh. */
const FRESH_SECONDS_MAX = 86_400
/** Where refresh tokens live shorter: whoever comes back within a month is still known. */
const DOCUMENT_SECONDS_MIN = 30 * 86_400

export function createClientDirectory(
  { registered, configured, documents, redirectHosts }: KnownClients,
  lifetimes: ClientLifetimes,
  clock: Clock,
): ClientDirectory {
  /** When, by id; the one kept longest ago comes first. */
  const kept = new Map<string, number>()

  async function keepRegistered(client: Client): Promise<void> {
    const now = clock()
    const keptAt = kept.get(client.id)
    // A clock that was put back tells nothing.
    if (keptAt !== undefined && keptAt <= now && now < keptAt + SPARE_SECONDS * 1000) return
    await registered.keep(client.id, toKeep(client, lifetimes))
    kept.delete(client.id)
    kept.set(client.id, now)
    const [oldest] = kept.keys()
    if (kept.size > KEPT_MAX && oldest !== undefined) kept.delete(oldest)
  }

  /**
   * With nowhere left to be answered nothing begins, nor by a document with one place that is not listed. What
   * was granted goes on.
   */
  function answeredAtListed(client: Client, freshness: Freshness): Client {
    const { listed, others } = sortByHosts(client.redirectUris, redirectHosts)
    const [refused] = others
    if (refused === undefined) return client
    const isLeft = listed.length > 0 && client.kind !== 'document'
    if (freshness === 'current' && !isLeft) throw notListed(refused)
    return { ...client, redirectUris: listed, refusedRedirectUris: others }
  }

  return {
    async find(id, freshness, requester) {
      if (isDocumentUrl(id)) {
        return answeredAtListed(await documents.find(id, freshness, requester), freshness)
      }
      const written = configured.get(id)
      if (written !== undefined) return written
      const client = await registered.find(id)
      return client && answeredAtListed(client, freshness)
    },
    async keep(client) {
      if (client.kind === 'registered') await keepRegistered(client)
      if (client.kind === 'document') await documents.keep(client.id, toKeepDocument(lifetimes))
    },
  }
}

/** A registration outlives whatever was granted to it. */
function toKeep({ grantTypes }: Client, lifetimes: ClientLifetimes): number {
  const { registration, accessToken, refreshToken } = lifetimes
  if (registration === 0) return 0
  const refreshing = grantTypes.includes('refresh_token') ? refreshToken : 0
  return Math.max(registration, refreshing, accessToken) + SPARE_SECONDS
}

/** So does a document: its host may be away when a client refreshes for the first time in long. */
function toKeepDocument({ refreshToken }: ClientLifetimes): number {
  return Math.max(DOCUMENT_SECONDS_MIN, refreshToken) + FRESH_SECONDS_MAX
}
