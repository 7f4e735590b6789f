/**
 * Device authorizations: what a device without a browser waits for (RFC 8628 sections 3.1 to 3.5).
 *
 * Keys: `device:<hash of device code>` (hash: `state`, pending, approved, denied or redeemed; `client`;
 * `request`, JSON; `user_code`, its keyed hash; `expires_at`; `interval` and `polled_at` in ms; once
 * approved `grant` and `user`), 15 min, and 10 min more so that a late poll is told; `device-user-code:<keyed
 * hash>` (hash of the device code), until somebody decides, 15 min at most; `device-confirmation:<hash of id>`
 * (hash: `browser`, the hash of the binding cookie; `device`), until the decision; `devices` (sorted set:
 * those that may still buy something, by the end of their record), which bounds them all.
 *
 * A user code has 34 bits: its hash is keyed, or a copy of the store would give the codes away.
 */

import { createHmac } from 'node:crypto'
import type { Redis } from 'ioredis'
import { digest, randomText } from '../../lib/platform/seal.ts'
import { makeUserCode } from '../device/user-code.ts'
import { APPROVE, DENY, FIND, OPEN, POLL, REDEEM, SHOW } from './device-scripts.ts'
import { creatingArguments, creatingKeys, keepingArguments, keepingKeys } from './grant-scripts.ts'
import type { GrantFacts, GrantKeys, Keeping } from './grants.ts'
import { type Login, loginKeys } from './logins.ts'
import { familyKey } from './refresh-families.ts'

/** What a device asked for; only a person's decision is missing. */
export interface DeviceRequest {
  readonly clientId: string
  /** The service whose resource was asked for; undefined lets the person choose. */
  readonly service: string | undefined
  readonly requestedScopes: readonly string[]
  /** Where the request came from: the person is shown it. */
  readonly address: string
  /** Epoch seconds. */
  readonly requestedAt: number
}

export interface DeviceCodes {
  readonly deviceCode: string
  readonly userCode: string
}

export type Poll =
  /** Asked before the interval was over, which is longer from now on. */
  | { readonly outcome: 'slow_down' }
  | { readonly outcome: 'pending' | 'denied' | 'expired' | 'unknown' }
  /** `redeemed`: there were tokens for it already. */
  | { readonly outcome: 'approved' | 'redeemed'; readonly grant: GrantKeys }

/** `signed-out`: the login that approves has ended. */
export type DeviceApproval = 'approved' | 'gone' | 'signed-out'

export type DeviceRedemption = 'redeemed' | 'replayed' | 'dead' | 'expired' | 'unknown'

export interface DeviceMinting {
  readonly grant: GrantKeys
  readonly keeping: Keeping
  /** Of the refresh token that begins with it; undefined when there is none. */
  readonly family: string | undefined
}

export interface Devices {
  /** Undefined while there are too many already. */
  open(request: DeviceRequest): Promise<DeviceCodes | undefined>
  /**
   * Shows the device that waits under a user code to one browser; the id is what this browser decides
   * with. May be done again until somebody decides. Undefined for a code that nothing waits under.
   */
  show(
    userCode: string,
    browser: string,
  ): Promise<{ confirmationId: string; request: DeviceRequest } | undefined>
  /** What an id of one of this browser's binding cookies is about, and which, as long as it can be decided. */
  find(
    confirmationId: string,
    browsers: readonly string[],
  ): Promise<{ readonly request: DeviceRequest; readonly browser: string } | undefined>
  /**
   * Makes the grant and lets the device have it, in one step, while the login stands that approves it.
   * Of any number of racing decisions one counts. Nothing is made, or used up, by any other outcome.
   */
  approve(
    confirmationId: string,
    browser: string,
    approval: { readonly facts: GrantFacts; readonly login: Pick<Login, 'key'> },
  ): Promise<DeviceApproval>
  deny(confirmationId: string, browser: string): Promise<boolean>
  /** Consumes nothing. Another client's device code is `unknown`. */
  poll(deviceCode: string, clientId: string): Promise<Poll>
  /**
   * Keeps the grant and begins its refresh family, if its person, client and itself are not revoked:
   * of any number of racing redemptions one is `redeemed`, the others are `replayed`.
   */
  redeem(deviceCode: string, minting: DeviceMinting): Promise<DeviceRedemption>
}

export const DEVICE_SECONDS = 900
export const POLL_INTERVAL_SECONDS = 5
/** How long a device code that has expired is still known. */
const REMEMBERED_SECONDS = 600
/** A device that polls in the last second still finds its grant. */
const UNPOLLED_GRANT_SECONDS = 30
/** Some 20 MB when all are taken. */
const LIVE_MAX = 20_000
/** A network that hurries one poll and delays the one before is no hurry of the device's. */
const TOLERANCE_MS = 500
const OPEN_ATTEMPTS_MAX = 5

export interface DeviceTimes {
  readonly lifetimeMs: number
  readonly intervalMs: number
  readonly toleranceMs: number
  readonly liveMax: number
}

const TIMES: DeviceTimes = {
  lifetimeMs: DEVICE_SECONDS * 1000,
  intervalMs: POLL_INTERVAL_SECONDS * 1000,
  toleranceMs: TOLERANCE_MS,
  liveMax: LIVE_MAX,
}

const DEVICES_KEY = 'devices'
const DEVICE_START = 'device:'
const USER_CODE_START = 'device-user-code:'
const confirmationKey = (id: string): string => `device-confirmation:${digest(id)}`

/** `userCodeKey`: what user codes are hashed with. */
export function redisDevices(
  redis: Redis,
  userCodeKey: Buffer,
  { lifetimeMs, intervalMs, toleranceMs, liveMax }: DeviceTimes = TIMES,
): Devices {
  const hashUserCode = (userCode: string): string =>
    createHmac('sha256', userCodeKey).update(userCode).digest('base64url')
  const deviceKey = (deviceCode: string): string => DEVICE_START + digest(deviceCode)

  const tryOpen = async (request: DeviceRequest, codes: DeviceCodes): Promise<unknown> => {
    const [device, userCode] = [digest(codes.deviceCode), hashUserCode(codes.userCode)]
    const keys = [DEVICE_START + device, USER_CODE_START + userCode, DEVICES_KEY]
    const { clientId } = request
    const times = [lifetimeMs, intervalMs, REMEMBERED_SECONDS * 1000]
    const values = [device, userCode, clientId, JSON.stringify(request), ...times, liveMax]
    return await OPEN(redis, keys, values)
  }

  return {
    async open(request) {
      for (let attempt = 0; attempt < OPEN_ATTEMPTS_MAX; attempt += 1) {
        const codes = { deviceCode: randomText(), userCode: makeUserCode() }
        const outcome = await tryOpen(request, codes)
        if (outcome === 'opened') return codes
        if (outcome === 'full') return undefined
      }
      throw new Error('no user code is free')
    },
    async show(userCode, browser) {
      const confirmationId = randomText()
      const codeKey = USER_CODE_START + hashUserCode(userCode)
      const keys = [codeKey, DEVICE_START, confirmationKey(confirmationId)]
      const request = toRequest(await SHOW(redis, keys, [digest(browser)]))
      return request && { confirmationId, request }
    },
    async find(confirmationId, browsers) {
      const keys = [confirmationKey(confirmationId), DEVICE_START]
      const [index = 0, stored] = ((await FIND(redis, keys, browsers.map(digest))) ?? []) as Found
      const [request, browser] = [toRequest(stored), browsers[index - 1]]
      return request && browser !== undefined ? { request, browser } : undefined
    },
    async approve(confirmationId, browser, { facts, login }) {
      const keys = [confirmationKey(confirmationId), DEVICE_START, USER_CODE_START]
      const creating = creatingArguments(facts, UNPOLLED_GRANT_SECONDS)
      const all = [...keys, ...creatingKeys(facts), ...loginKeys(login)]
      const values = [digest(browser), ...creating, facts.userId]
      return (await APPROVE(redis, all, values)) as DeviceApproval
    },
    async deny(confirmationId, browser) {
      const keys = [confirmationKey(confirmationId), DEVICE_START, USER_CODE_START, DEVICES_KEY]
      return (await DENY(redis, keys, [digest(browser)])) === 1
    },
    async poll(deviceCode, clientId) {
      const values = [clientId, toleranceMs, intervalMs]
      return toPoll(await POLL(redis, [deviceKey(deviceCode)], values), clientId)
    },
    async redeem(deviceCode, { grant, keeping, family }) {
      const beyond = [deviceKey(deviceCode), DEVICES_KEY, familyKey(family ?? '')]
      const flags = [digest(deviceCode), family === undefined ? '0' : '1']
      const values = [...keepingArguments(grant, keeping), ...flags]
      return (await REDEEM(redis, [...keepingKeys(grant), ...beyond], values)) as DeviceRedemption
    },
  }
}

type Found = [index?: number, request?: string]

function toRequest(reply: unknown): DeviceRequest | undefined {
  return typeof reply === 'string' ? (JSON.parse(reply) as DeviceRequest) : undefined
}

function toPoll(reply: unknown, clientId: string): Poll {
  const [outcome, id = '', userId = ''] = reply as [Poll['outcome'], string?, string?]
  if (outcome !== 'approved' && outcome !== 'redeemed') return { outcome }
  return { outcome, grant: { id, userId, clientId } }
}
