/**
 * Pushed requests: authorization requests that a client has sent ahead (RFC 9126 section 2.2).
 *
 * Key: `pushed-request:<hash of request_uri>` (sealed for who presents the request URI), 60 s.
 * Key: `decided-request:<the same hash>`, as long as a page that was opened in time may wait for a decision:
 * from the first decision, and anew when the person of another page leaves for a provider.
 *
 * RFC 9126 section 4 wants the request URI to be used once, and lets people reload: some clients fetch
 * the page before the browser does. So looking it up uses nothing up; the decision does.
 */

import type { Redis } from 'ioredis'
import { digest, openFor, randomText, sealFor } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'
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

/**
 * The minute in which it can be opened, the ten in which an open page can be answered, and the eleven that a
 * way to a provider may take.
 */
export const DECIDED_SECONDS = 60 + 600 + 660

/** What tells our request URIs from those that a server would have to fetch. */
export const REQUEST_URI_START = 'urn:ietf:params:oauth:request_uri:'

/** Names a pushed request without opening it. */
export function pushedRequestId(requestUri: string): string {
  return digest(requestUri)
}

const CONTEXT = 'pushed-request'

const key = (id: string): string => `pushed-request:${id}`

/** What `use_up` works on; nothing for an authorization request that was not pushed. */
export function usingUpKeys(id: string | undefined): string[] {
  return id === undefined ? [] : [`decided-request:${id}`, key(id)]
}

/**
 * Lua: `use_up(first, seconds)` answers whether this decision is the first. `first`: where `usingUpKeys` begin
 * among the KEYS.
 */
export const USE_UP = `
local function use_up(first, seconds)
  redis.call('DEL', KEYS[first + 1])
  return redis.call('SET', KEYS[first], '1', 'EX', seconds, 'NX')
end
`

/** ARGV: seconds. */
const USE_UP_ALONE = defineScript(`${USE_UP}
return use_up(1, ARGV[1]) and 1 or 0`)

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
      return (await USE_UP_ALONE(redis, usingUpKeys(id), [DECIDED_SECONDS])) === 1
    },
  }
}
