/**
 * Upstream logins: people who were sent to a provider and are to come back, each with a state of their own.
 *
 * Keys: `upstream-login:<hash of state>` (hash: `browser`, the hash of the binding cookie; `provider`;
 * `departure`, sealed under a key that only the state leads to), 10 min; `upstream-login:refused:<hash of
 * binding cookie>`, 10 min. PKCE verifier and nonce are derived from the state and stand nowhere.
 */

import { createHmac } from 'node:crypto'
import type { Redis } from 'ioredis'
import { digest, open, randomText, seal } from '../../lib/platform/seal.ts'
import { defineScript } from '../../lib/store/script.ts'
import type { Needs, UpstreamLogin } from '../login/providers/provider.ts'

/** The pages of ours that a login without a client may end at. */
export const RETURN_PATHS = ['/', '/account'] as const
export type ReturnPath = (typeof RETURN_PATHS)[number]

/** What a person was doing when they left, with what they had decided. */
export type Purpose =
  | { readonly kind: 'consent'; readonly interactionId: string; readonly service: string }
  | {
      readonly kind: 'device'
      readonly confirmationId: string
      readonly userCode: string
      readonly service: string
    }
  | { readonly kind: 'page'; readonly returnPath: ReturnPath }

export interface Departure {
  readonly provider: string
  readonly purpose: Purpose
  /** What was asked of the provider: it is read by the same measure. */
  readonly needs: Needs
  readonly loginHint: string | undefined
  readonly anew: boolean
  /** Epoch seconds. */
  readonly departedAt: number
}

/** What a provider is given at the beginning of a login, and again at its end. */
export type Ticket = Pick<UpstreamLogin, 'state' | 'codeVerifier' | 'nonce'>

/** Where a state was presented. */
export interface Presented {
  readonly provider: string
  /** The binding cookies of the browser. */
  readonly browsers: readonly string[]
}

export interface UpstreamLogins {
  /** Resolves with what nothing keeps. */
  open(departure: Departure, browser: string): Promise<Ticket>
  /**
   * Atomic, and once whatever the outcome: a state that another browser presents, or another provider's
   * callback, is of no use to anybody any more.
   */
  take(
    state: string,
    presented: Presented,
  ): Promise<{ readonly departure: Departure; readonly ticket: Ticket } | undefined>
  /**
   * Whoever came back to this browser may not in: the next login from it, by whichever of its binding cookies,
   * asks who it shall be.
   */
  markRefused(browsers: readonly string[]): Promise<void>
  wasRefused(browser: string): Promise<boolean>
}

const LIFETIME_SECONDS = 600

/** KEYS: upstream login. ARGV: hash of browser, provider, departure, ttl. */
const OPEN = defineScript(`
redis.call('HSET', KEYS[1], 'browser', ARGV[1], 'provider', ARGV[2], 'departure', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[4])`)

/** KEYS: upstream login. ARGV: provider, hashes of the browser's cookies. */
const TAKE = defineScript(`
local held = redis.call('HMGET', KEYS[1], 'browser', 'provider', 'departure')
redis.call('DEL', KEYS[1])
if held[2] ~= ARGV[1] then return nil end
for index = 2, #ARGV do
  if ARGV[index] == held[1] then return held[3] end
end
return nil`)

/** KEYS: marks. ARGV: ttl. */
const MARK_REFUSED = defineScript(`
for _, mark in ipairs(KEYS) do redis.call('SET', mark, '1', 'EX', ARGV[1]) end`)

const KEY_START = 'upstream-login:'
const key = (state: string): string => KEY_START + digest(state)
const refusedKey = (browser: string): string => `${KEY_START}refused:${digest(browser)}`

/** Whoever knows the state alone can make none of it. */
function derive(secret: Buffer, purpose: string, state: string): Buffer {
  return createHmac('sha256', secret).update(`${purpose} ${state}`).digest()
}

/** `secret`: what departures are sealed with and tickets are made of, together with the state. */
export function redisUpstreamLogins(redis: Redis, secret: Buffer): UpstreamLogins {
  const sealingKey = (state: string): Buffer => derive(secret, 'seal', state)
  const toTicket = (state: string): Ticket => ({
    state,
    codeVerifier: derive(secret, 'verifier', state).toString('base64url'),
    nonce: derive(secret, 'nonce', state).toString('base64url'),
  })
  return {
    async open(departure, browser) {
      const state = randomText()
      const { provider } = departure
      const sealed = seal(sealingKey(state), JSON.stringify(departure), key(state))
      await OPEN(redis, [key(state)], [digest(browser), provider, sealed, LIFETIME_SECONDS])
      return toTicket(state)
    },
    async take(state, { provider, browsers }) {
      const sealed = await TAKE(redis, [key(state)], [provider, ...browsers.map(digest)])
      if (typeof sealed !== 'string') return undefined
      const opened = open(sealingKey(state), sealed, key(state))
      if (opened === undefined) return undefined
      return { departure: JSON.parse(opened) as Departure, ticket: toTicket(state) }
    },
    async markRefused(browsers) {
      await MARK_REFUSED(redis, browsers.map(refusedKey), [LIFETIME_SECONDS])
    },
    async wasRefused(browser) {
      return (await redis.exists(refusedKey(browser))) === 1
    },
  }
}
