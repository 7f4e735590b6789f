/**
 * Pushed requests: authorization requests that a client has sent ahead (RFC 9126 section 2.2).
 *
 * Key: `pushed-request:<hash of request_uri>` (sealed for who presents the request URI), 60 s.
 * Key: `decided-request:<the same hash>`, as long as a page that was opened in time may wait for a decision.
 *
 * RFC 9126 section 4 wants the request URI to be used once, and lets people reload: some clients fetch
 * the page before the browser does. So looking it up uses nothing up; the decision does.
 */

import type { Redis } from 'ioredis'
import { digest, openFor, randomText, sealFor } from '../../lib/platform/seal.ts'
import type { AuthorizationRequest } from '../authorize/request.ts'

/** A request that passed every check of the authorization endpoint. */
export interface PushedRequest {
  readonly clientId: string
  readonly redirectUri: string
  readonly state?: string | undefined
  readonly request: AuthorizationRequest
}

export interface PushedRequests {
  /** Resolves with the request URI, which nothing keeps. */
  push(pushed: PushedRequest): Promise<string>
  find(requestUri: string): Promise<PushedRequest | undefined>
  /** By its id; of any number of decisions, in whatever browsers, one is told that it is the first. */
  useUp(id: string): Promise<boolean>
}

export const PUSHED_SECONDS = 60

/** The minute in which it can be opened, and the ten in which an open page can be answered. */
const DECIDED_SECONDS = 660

/** What tells our request URIs from those that a server would have to fetch. */
export const REQUEST_URI_START = 'urn:ietf:params:oauth:request_uri:'

/** Names a pushed request without opening it. */
export function pushedRequestId(requestUri: string): string {
  return digest(requestUri)
}

const CONTEXT = 'pushed-request'

const key = (id: string): string => `pushed-request:${id}`

export function redisPushedRequests(redis: Redis): PushedRequests {
  return {
    async push(pushed) {
      const requestUri = REQUEST_URI_START + randomText()
      const name = key(pushedRequestId(requestUri))
      const sealed = sealFor(requestUri, JSON.stringify(pushed), CONTEXT)
      await redis.set(name, sealed, 'EX', PUSHED_SECONDS)
      return requestUri
    },
    async find(requestUri) {
      const sealed = await redis.get(key(pushedRequestId(requestUri)))
      const opened = sealed === null ? undefined : openFor(requestUri, sealed, CONTEXT)
      return opened === undefined ? undefined : (JSON.parse(opened) as PushedRequest)
    },
    async useUp(id) {
      const first = await redis.set(`decided-request:${id}`, '1', 'EX', DECIDED_SECONDS, 'NX')
      await redis.del(key(id))
      return first === 'OK'
    },
  }
}
