/** How long HTTP lets a fetched document count as new (RFC 9111 section 4.2), within bounds. */

import type { IncomingHttpHeaders } from 'node:http'
import CachePolicy from 'http-cache-semantics'
import type { FetchedDocument } from '../../store/documents.ts'

/** Of a server that says nothing at all. */
const UNSAID_MS = 60_000
/** By how much the clocks of servers may differ. */
const CLOCKS_MS = 30_000

export interface FreshnessBounds {
  readonly minMs: number
  readonly maxMs: number
}

/** This server is the only one that reads its copy: a private cache. */
export function freshForMs(headers: IncomingHttpHeaders, bounds: FreshnessBounds): number {
  const control = headers['cache-control']
  const isSaid = [control, headers.expires, headers.pragma].some((value) => value !== undefined)
  const policy = new CachePolicy(
    { headers: {} },
    { status: 200, headers: { ...headers, 'cache-control': control?.toLowerCase() } },
    { shared: false },
  )
  const allowedMs = (policy.maxAge() - policy.age()) * 1000
  const wantedMs = isSaid ? allowedMs : Math.max(allowedMs, UNSAID_MS)
  return Math.min(Math.max(wantedMs, bounds.minMs), bounds.maxMs)
}

/** Not what was fetched when our clock was ahead: nobody knows how long ago that was. */
export function isFresh(
  { fetchedAt, freshUntil }: Pick<FetchedDocument, 'fetchedAt' | 'freshUntil'>,
  now: number,
): boolean {
  return now < freshUntil && fetchedAt <= now + CLOCKS_MS
}
