/** Every client this server knows, however it knows it. */

import type { Clients } from '../store/clients.ts'
import type { Client } from './client.ts'
import type { ClientDocuments } from './documents/client-documents.ts'
import { isDocumentUrl } from './documents/document-url.ts'

/**
 * `current`: as the client describes itself today, for whoever begins something. `held`: as it was last
 * known, for whoever goes on: a document that cannot be fetched right now must not end a login.
 */
export type Freshness = 'current' | 'held'

export interface ClientDirectory {
  /**
   * Undefined for an unknown client. `requester`, an `addressKey`, pays when something has to be fetched.
   * @throws OAuthError when it is known to be wrong, with words for a person.
   */
  find(id: string, freshness: Freshness, requester?: string): Promise<Client | undefined>
  /** Somebody approved it, or it refreshed: a registration's life begins anew. */
  keep(client: Client): Promise<void>
}

export function createClientDirectory(
  registered: Clients,
  documents: ClientDocuments,
): ClientDirectory {
  return {
    find: (id, freshness, requester = '') =>
      isDocumentUrl(id) ? documents.find(id, freshness, requester) : registered.find(id),
    async keep({ kind, id }) {
      if (kind === 'registered') await registered.keep(id)
      if (kind === 'document') await documents.keep(id)
    },
  }
}
