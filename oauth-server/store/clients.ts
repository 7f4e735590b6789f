/**
 * Registered clients.
 *
 * Keys: `client:<id>` (the registration as JSON, its secret and its registration token hashed): 24 h until
 * somebody approves the client for the first time, then from each use as long as `keep` is told;
 * `client:<id>:replaced` (hash: `token`, digest of the registration token of the last replacement; `answer`,
 * what that one was answered with, sealed), 30 s;
 * `clients:unapproved` (sorted set of ids by the time of registration): who nobody approved yet, so
 * that a flood of registrations has a bound; `clients` (sorted set of ids by the end of their
 * registration, `+inf` for ever), for whoever has to look at all of them.
 */

import type { Redis } from 'ioredis'
import { REGISTERED_CLIENT_ID } from '../../lib/oauth/client-id.ts'
import { REVOCATION_KEYS } from '../../lib/store/revocations.ts'
import type { Client } from '../clients/client.ts'
import {
  DESCRIBE,
  FIND_ANSWER,
  KEEP,
  REGISTER,
  REMOVE,
  REMOVE_BY_OPERATOR,
  REPLACE,
} from './client-scripts.ts'
import { grantsOfClientKeys } from './grant-scripts.ts'

export interface Clients {
  /** False when there are too many that nobody approved, and none is old enough to make room. */
  register(client: Client): Promise<boolean>
  find(id: string): Promise<Client | undefined>
  /** It was used: its life begins anew. 0 seconds keep it for ever. */
  keep(id: string, seconds: number): Promise<void>
  /**
   * Puts another record in the place of the one with this registration token. Of racing replacements
   * with one token one succeeds, since each brings a new token; the others are `repeated`.
   */
  replace(managementDigest: string, client: Client, sealedAnswer: string): Promise<Replacement>
  /** What the last replacement was answered with, if this was its registration token and it is not long ago. */
  findAnswer(id: string, managementDigest: string): Promise<string | undefined>
  /**
   * Ends the registration with this registration token, and in the same step every grant made for it;
   * the edge refuses their tokens until `expiresAt` or the latest `exp` minted. False: there is none.
   */
  remove(managementDigest: string, id: string, expiresAt: number): Promise<boolean>
  /**
   * As `remove`, by the operator, who needs no token for it.
   * @param condition false also where this does not hold: whoever was picked may be in use by now.
   */
  removeByOperator(id: string, expiresAt: number, condition?: RemovalCondition): Promise<boolean>
  /**
   * Some of all registrations. Whoever is registered from the first page to the last is on one of them,
   * or on several.
   */
  page(from: string | undefined): Promise<RegistrationPage>
  /** With what is known of it beside the record. */
  describe(id: string): Promise<Registration | undefined>
}

/** That nobody has approved it, or that nothing is granted to it at this moment. */
export type RemovalCondition = 'unapproved' | 'unused'

export interface RegistrationPage {
  readonly ids: readonly string[]
  /** Where to go on; undefined at the end. */
  readonly next: string | undefined
}

export interface Registration {
  readonly client: Client
  /** Whether somebody has approved it. */
  readonly isApproved: boolean
  /** Epoch seconds; undefined: for ever. */
  readonly endsAt: number | undefined
}

export type Replacement =
  | { readonly outcome: 'replaced' | 'unknown' }
  | { readonly outcome: 'repeated'; readonly sealedAnswer: string }

export interface ClientBounds {
  /** How many registrations that nobody approved may be held. */
  readonly unapprovedMax: number
  /** Younger ones never make room for others, milliseconds. */
  readonly protectedMs?: number
}

/** Most registrations are never used: clients register at every start. */
const UNAPPROVED_SECONDS = 86_400
const PROTECTED_MS = 600_000
/** As the grace of a refresh token. */
const REPEATABLE_SECONDS = 30

/** About so many at once. */
const PAGE_LENGTH = 500

const KEY_START = 'client:'
const UNAPPROVED = 'clients:unapproved'
const INDEX = 'clients'
const key = (id: string): string => KEY_START + id
const replacedKey = (id: string): string => `${key(id)}:replaced`

export function redisClients(
  redis: Redis,
  { unapprovedMax, protectedMs = PROTECTED_MS }: ClientBounds,
): Clients {
  const removing = (id: string): string[] => [
    ...[key(id), UNAPPROVED, replacedKey(id), INDEX],
    ...grantsOfClientKeys(id),
    ...REVOCATION_KEYS,
  ]
  return {
    async register(client) {
      const keys = [key(client.id), UNAPPROVED, KEY_START, INDEX]
      const bounds = [UNAPPROVED_SECONDS, unapprovedMax, protectedMs]
      return (await REGISTER(redis, keys, [JSON.stringify(client), client.id, ...bounds])) === 1
    },
    async find(id) {
      if (!REGISTERED_CLIENT_ID.test(id)) return undefined
      const stored = await redis.get(key(id))
      return stored === null ? undefined : toClient(stored)
    },
    async keep(id, seconds) {
      await KEEP(redis, [key(id), UNAPPROVED, INDEX], [id, seconds])
    },
    async replace(managementDigest, client, sealedAnswer) {
      const keys = [key(client.id), replacedKey(client.id)]
      const values = [managementDigest, JSON.stringify(client), sealedAnswer, REPEATABLE_SECONDS]
      return toReplacement(
        (await REPLACE(redis, keys, values)) as [Replacement['outcome'], string?],
      )
    },
    async findAnswer(id, managementDigest) {
      if (!REGISTERED_CLIENT_ID.test(id)) return undefined
      const reply = await FIND_ANSWER(redis, [replacedKey(id)], [managementDigest])
      return (reply as string | null) ?? undefined
    },
    async remove(managementDigest, id, expiresAt) {
      return (await REMOVE(redis, removing(id), [id, expiresAt, managementDigest])) === 1
    },
    async removeByOperator(id, expiresAt, condition) {
      if (!REGISTERED_CLIENT_ID.test(id)) return false
      const values = [id, expiresAt, condition ?? '']
      return (await REMOVE_BY_OPERATOR(redis, removing(id), values)) === 1
    },
    async page(from = '0') {
      const [next, found] = await redis.zscan(INDEX, from, 'COUNT', PAGE_LENGTH)
      const ids = found.filter((_, index) => index % 2 === 0)
      return { ids, next: next === '0' ? undefined : next }
    },
    async describe(id) {
      if (!REGISTERED_CLIENT_ID.test(id)) return undefined
      const reply = await DESCRIBE(redis, [key(id), UNAPPROVED], [id])
      return reply === null ? undefined : toRegistration(reply as [string, 0 | 1, number])
    },
  }
}

/** Records of earlier releases lack what came later. */
function toClient(stored: string): Client {
  return { kind: 'registered', ...(JSON.parse(stored) as Omit<Client, 'kind'>) }
}

function toRegistration([stored, isUnapproved, endsAt]: [string, 0 | 1, number]): Registration {
  return {
    client: toClient(stored),
    isApproved: isUnapproved === 0,
    endsAt: endsAt < 0 ? undefined : endsAt,
  }
}

function toReplacement([outcome, sealedAnswer = '']: [
  Replacement['outcome'],
  string?,
]): Replacement {
  return outcome === 'repeated' ? { outcome, sealedAnswer } : { outcome }
}
