/** Every client this server knows, however it knows it. */

import type { Clients } from '../store/clients.ts'
import type { Client } from './client.ts'

/**
 * `current`: as the client describes itself today, for whoever begins something. `held`: as it was last
 * known, for whoever goes on: a document that cannot be fetched right now must not end a login.
 */
export type Freshness = 'current' | 'held'

export interface ClientDirectory {
  /**
   * Undefined for an unknown client.
   * @throws OAuthError when it is known to be wrong, with words for a person.
   */
  find(id: string, freshness: Freshness): Promise<Client | undefined>
  /** Somebody approved it, or it refreshed: a registration's life begins anew. */
  keep(client: Client): Promise<void>
}

/** @param configured those of the operator's, by id: nobody else can have one of these. */
export function createClientDirectory(
  registered: Clients,
  configured: ReadonlyMap<string, Client>,
): ClientDirectory {
  return {
    find: async (id) => configured.get(id) ?? (await registered.find(id)),
    async keep({ kind, id }) {
      if (kind === 'registered') await registered.keep(id)
    },
  }
}
