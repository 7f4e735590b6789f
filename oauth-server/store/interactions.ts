/**
 * Interactions: authorization requests on their way through login and consent.
 *
 * Key: `interaction:<hash of id>` (hash: `browser`, the hash of the binding cookie; `request`, sealed for who
 * presents the id), 10 min, and again as long when the person leaves for a provider.
 * Each GET of the authorization endpoint opens one of its own; a decision takes it, once.
 */

import type { Redis } from 'ioredis'
import { digest, openFor, randomText, sealFor } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'
import { DECIDED_SECONDS, USE_UP, usingUpKeys } from './pushed-requests.ts'

/** An authorization request that passed every check; only a person's decision is missing. */
export interface Interaction {
  readonly clientId: string
  /** As requested, or the one registered when the request named none. */
  readonly redirectUri: string
  readonly state: string | undefined
  readonly codeChallenge: string
  /** The service whose resource was asked for; undefined lets the person choose. */
  readonly service: string | undefined
  readonly requestedScopes: readonly string[]
  readonly nonce: string | undefined
  /** A login older than this many seconds does not count (OpenID Connect Core 3.1.2.1). */
  readonly maxAgeSeconds: number | undefined
  /** A name to begin with in the form; what is none is left out. */
  readonly loginHint?: string | undefined
  /** Whom the client expects, by an ID token of ours: an answer about anybody else is none. */
  readonly expectedUserId?: string | undefined
  /** Of the client's description that the page shows, as `revisionOf` makes it: what is approved is that one. */
  readonly clientRevision?: string | undefined
  /** Of the pushed request it came from: the decision uses it up. */
  readonly pushedRequestId?: string | undefined
}

export interface FoundInteraction {
  readonly interaction: Interaction
  /** The binding cookie that it belongs to. */
  readonly browser: string
}

export interface Interactions {
  /** Resolves with the id that only this browser can use. */
  open(interaction: Interaction, browser: string): Promise<string>
  /** By whichever of the browser's binding cookies it was opened with. */
  find(id: string, browsers: readonly string[]): Promise<FoundInteraction | undefined>
  /** The person is on their way to a provider: it outlives whatever they come back with. */
  prolong(id: string, browser: string, pushedRequestId?: string): Promise<void>
  /**
   * Atomic: of any number of racing takers one gets it; another browser takes nothing away. A pushed request
   * is used up in the same step: of all questions that it was opened in one is taken.
   */
  take(id: string, browser: string, pushedRequestId?: string): Promise<Interaction | undefined>
}

const LIFETIME_SECONDS = 600
/** Longer than a login at a provider may take. */
const PROLONGED_SECONDS = 660

const OPEN = defineScript(`
redis.call('HSET', KEYS[1], 'browser', ARGV[1], 'request', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])`)

/** ARGV: hashes of the browser's cookies. Answers which of them it is, and the request. */
const FIND = defineScript(`
local held = redis.call('HMGET', KEYS[1], 'browser', 'request')
for index, browser in ipairs(ARGV) do
  if browser == held[1] then return { index, held[2] } end
end
return nil`)

/**
 * KEYS: interaction, those of a pushed request. ARGV: hash of browser, ttl, that of a decision, which has to
 * outlive each question that waits.
 */
const PROLONG = defineScript(`
if redis.call('HGET', KEYS[1], 'browser') ~= ARGV[1] then return end
redis.call('EXPIRE', KEYS[1], ARGV[2], 'GT')
if KEYS[2] then redis.call('EXPIRE', KEYS[2], ARGV[3], 'GT') end`)

/** KEYS: interaction, those of a pushed request. ARGV: hash of browser, ttl of a decision. */
const TAKE = defineScript(`${USE_UP}
if redis.call('HGET', KEYS[1], 'browser') ~= ARGV[1] then return nil end
local request = redis.call('HGET', KEYS[1], 'request')
redis.call('DEL', KEYS[1])
if KEYS[2] and not use_up(2, ARGV[2]) then return nil end
return request`)

const CONTEXT = 'interaction'

const key = (id: string): string => `interaction:${digest(id)}`

export function redisInteractions(redis: Redis): Interactions {
  return {
    async open(interaction, browser) {
      const id = randomText()
      const request = sealFor(id, JSON.stringify(interaction), CONTEXT)
      await OPEN(redis, [key(id)], [digest(browser), request, LIFETIME_SECONDS])
      return id
    },
    async find(id, browsers) {
      const reply = (await FIND(redis, [key(id)], browsers.map(digest))) as [number, string] | null
      if (reply === null) return undefined
      const [index, sealed] = reply
      const interaction = unseal(id, sealed)
      const browser = browsers[index - 1]
      return interaction && browser !== undefined ? { interaction, browser } : undefined
    },
    async prolong(id, browser, pushedRequestId) {
      const keys = [key(id), ...usingUpKeys(pushedRequestId)]
      const values = [digest(browser), PROLONGED_SECONDS, DECIDED_SECONDS]
      await PROLONG(redis, keys, values)
    },
    async take(id, browser, pushedRequestId) {
      const keys = [key(id), ...usingUpKeys(pushedRequestId)]
      const sealed = await TAKE(redis, keys, [digest(browser), DECIDED_SECONDS])
      return typeof sealed === 'string' ? unseal(id, sealed) : undefined
    },
  }
}

function unseal(id: string, sealed: string): Interaction | undefined {
  const request = openFor(id, sealed, CONTEXT)
  return request === undefined ? undefined : (JSON.parse(request) as Interaction)
}
