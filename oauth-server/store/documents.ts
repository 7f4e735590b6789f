/**
 * Documents of others: what described a client, or held its keys, when it was last fetched and good.
 *
 * Keys: `document:<kind>:<hash of URL>` (JSON). An hour, since anybody can make us fetch; what somebody
 * approved lives longer than it can refresh, from each use, so that a login outlasts the server that has the
 * document.
 */

import type { Redis } from 'ioredis'
import { digest } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'

export type DocumentKind = 'client' | 'keys'

export interface FetchedDocument {
  readonly text: string
  /** Epoch milliseconds. */
  readonly fetchedAt: number
  /** Epoch milliseconds: what HTTP allows, within our bounds. */
  readonly freshUntil: number
}

export interface Documents {
  find(kind: DocumentKind, url: string): Promise<FetchedDocument | undefined>
  /** In place of the one before; what has long to live keeps that. */
  put(kind: DocumentKind, url: string, document: FetchedDocument): Promise<void>
  /** Somebody approved it, or it was used to refresh: its life begins anew, seconds. */
  keep(kind: DocumentKind, url: string, seconds: number): Promise<void>
}

const UNUSED_SECONDS = 3600

/** ARGV: document, seconds. */
const PUT = defineScript(`
local left = math.max(redis.call('TTL', KEYS[1]), tonumber(ARGV[2]))
redis.call('SET', KEYS[1], ARGV[1], 'EX', left)`)

const key = (kind: DocumentKind, url: string): string => `document:${kind}:${digest(url)}`

export function redisDocuments(redis: Redis): Documents {
  return {
    async find(kind, url) {
      const stored = await redis.get(key(kind, url))
      return stored === null ? undefined : (JSON.parse(stored) as FetchedDocument)
    },
    async put(kind, url, document) {
      await PUT(redis, [key(kind, url)], [JSON.stringify(document), UNUSED_SECONDS])
    },
    async keep(kind, url, seconds) {
      await redis.expire(key(kind, url), seconds)
    },
  }
}
