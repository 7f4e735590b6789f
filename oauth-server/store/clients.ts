/**
 * Registered clients.
 *
 * Key: `client:<id>` (the registration as JSON, its secret hashed). Lives 24 h until somebody approves
 * the client for the first time, then `lifetimeSeconds` from each use; 0 keeps it for ever.
 */

import type { Redis } from 'ioredis'
import type { Client } from '../clients/client.ts'

export interface Clients {
  register(client: Client): Promise<void>
  find(id: string): Promise<Client | undefined>
  /** Somebody approved it, or it refreshed: its life begins anew. */
  keep(id: string): Promise<void>
}

/** Most registrations are never used: clients register at every start. */
const UNUSED_SECONDS = 86_400

/** Ids are ours: whatever looks otherwise is unknown without asking the store. */
const CLIENT_ID = /^[A-Za-z0-9_-]{22}$/

const key = (id: string): string => `client:${id}`

export function redisClients(redis: Redis, lifetimeSeconds: number): Clients {
  return {
    async register(client) {
      await redis.set(key(client.id), JSON.stringify(client), 'EX', UNUSED_SECONDS)
    },
    async find(id) {
      if (!CLIENT_ID.test(id)) return undefined
      const stored = await redis.get(key(id))
      if (stored === null) return undefined
      // Records of earlier releases lack what came later.
      return { kind: 'registered', ...(JSON.parse(stored) as Omit<Client, 'kind'>) }
    },
    async keep(id) {
      if (lifetimeSeconds === 0) await redis.persist(key(id))
      else await redis.expire(key(id), lifetimeSeconds)
    },
  }
}
