/**
 * The signing keys of this process, agreed with every other server of the store.
 *
 * `rotation.ts` decides, the store's script lets one decision through, and each server follows by
 * synchronizing every few seconds. The instants are those of the store's clock.
 */

import type { FindKey } from '../../lib/oauth/access-token.ts'
import { OAuthError } from '../../lib/oauth/error.ts'
import type { SigningAlgorithm, SigningKey } from '../../lib/oauth/jws.ts'
import type { Clock } from '../../lib/platform/clock.ts'
import type { Log } from '../../lib/platform/log.ts'
import type {
  KeyChanges,
  KeyMaterial,
  SigningKeyRecord,
  SigningKeys,
  StoredKeys,
} from '../store/signing-keys.ts'
import { generateKeyMaterial, type OpenedKey, openKeyMaterial } from './key-material.ts'
import { isDead, pickSigning, planRotation, type RotationSettings, toRecord } from './rotation.ts'
import { coverTokens, type KeyState, publishNext, readStates, requireState } from './succession.ts'

export interface Keyring {
  /**
   * Brings store and memory to the same keys, makes the one that is missing, and drops the dead. A
   * store that lost its keys gets ours back, so that no token fails for it.
   */
  synchronize(): Promise<void>
  /** The key that signs now. @throws OAuthError while it is not certain which one that is. */
  current(): SigningKey
  /** Since when that key signs, epoch milliseconds; undefined while there is none. */
  signsSince(): number | undefined
  /** A key that tokens of ours are verified with. */
  readonly find: FindKey
  /**
   * Publishes a key that signs from so many milliseconds on, for every server of the store; one that is
   * published already for later is taken. Resolves with it.
   */
  succeed(afterMs: number): Promise<KeyState>
  /**
   * Keeps the key that signs, and the next one, published for as long as a token of this life needs them,
   * milliseconds: to be awaited before one is signed that lives longer than all others.
   */
  cover(tokenMs: number): Promise<void>
  /** Every published key as the store has it, the newest first. */
  list(): Promise<readonly KeyState[]>
  /** Whether a key is published, as far as this process knows. */
  holds(kid: string): boolean
  /** Those of the published keys, the chosen one first. */
  algorithms(): readonly SigningAlgorithm[]
}

export interface KeyringOptions extends RotationSettings {
  readonly sealingKey: Buffer
  readonly clock: Clock
  readonly log: Log
}

/** Tokens with invented key ids must not make us read the store more often than this. */
const REREAD_MS_MIN = 1000

/** Whoever loses a race finds the winner's keys; nobody loses this often. */
const ATTEMPTS_MAX = 10

export function createKeyring(signingKeys: SigningKeys, options: KeyringOptions): Keyring {
  const { algorithm, clock } = options
  const agree = createAgreement(signingKeys, options)
  let held: readonly HeldKey[] = []
  let storeAheadMs = 0
  let readAt = Number.NEGATIVE_INFINITY
  let running: Promise<void> | undefined

  async function follow(): Promise<void> {
    const { records, now } = await agree(held)
    held = openAll(records, held, options.sealingKey)
    storeAheadMs = now - clock()
    readAt = clock()
  }

  /** Callers at the same time share one. */
  function synchronize(): Promise<void> {
    running ??= follow().finally(() => {
      running = undefined
    })
    return running
  }

  const keyOf = (kid: string): HeldKey | undefined => held.find(({ record }) => record.kid === kid)

  return {
    synchronize,
    current() {
      const now = clock() + storeAheadMs
      const key = pickSigning(held, now, algorithm)
      if (key !== undefined && key.record.signsUntil > now) return key.opened.signing
      if (held.length === 0) throw new Error('there is no signing key yet')
      // Cut off from the store, or our clock was put elsewhere: the next look tells.
      throw new OAuthError('temporarily_unavailable', 'the signing keys are not known: try again')
    },
    signsSince() {
      const key = pickSigning(held, clock() + storeAheadMs, algorithm)
      return key === undefined ? undefined : key.record.signsFrom - storeAheadMs
    },
    async find(kid, wanted) {
      if (keyOf(kid) === undefined && clock() - readAt >= REREAD_MS_MIN) await synchronize()
      const found = keyOf(kid)
      return found?.algorithm === wanted ? found.opened.verification : undefined
    },
    async succeed(afterMs) {
      const kid = await publishNext(signingKeys, options, afterMs)
      await synchronize()
      return requireState(await readStates(signingKeys, algorithm), kid)
    },
    async cover(tokenMs) {
      await coverTokens(signingKeys, options, tokenMs)
      await synchronize()
    },
    list: () => readStates(signingKeys, algorithm),
    holds: (kid) => keyOf(kid) !== undefined,
    algorithms() {
      const published = held.map((key) => key.algorithm)
      return [...new Set([algorithm, ...published])].filter((one) => published.includes(one))
    },
  }
}

interface HeldKey extends Pick<SigningKeyRecord, 'algorithm' | 'signsFrom'> {
  readonly record: SigningKeyRecord
  readonly opened: OpenedKey
}

type Agreed = Pick<StoredKeys, 'records' | 'now'>

/** Decides on what the store holds until a decision stands that nobody else was faster than. */
function createAgreement(signingKeys: SigningKeys, options: KeyringOptions) {
  let spare: KeyMaterial | undefined

  /** Undefined when it has to be tried again. */
  async function decide(held: readonly HeldKey[]): Promise<Agreed | undefined> {
    const stored = await signingKeys.read()
    const lost = findLost(held, stored, options.algorithm)
    const records = [...stored.records, ...lost]
    const { missingFrom, renewed, dead } = planRotation(records, stored.now, options)
    if (missingFrom !== undefined && spare === undefined) {
      // That takes a while: what it is for is decided on what the store holds then.
      spare = await generateKeyMaterial(options.algorithm, options.sealingKey)
      return undefined
    }
    const made =
      missingFrom === undefined || spare === undefined
        ? []
        : [toRecord(spare, missingFrom, options)]
    const changes = { put: [...lost, ...renewed, ...made], drop: dead }
    if (isSettled(stored, changes)) return stored
    if (!(await signingKeys.change(stored.fingerprint, changes))) return undefined
    if (made.length > 0) spare = undefined
    logChanges(options.log, made, dead)
    return { records: applyChanges(records, changes), now: stored.now }
  }

  return async function agree(held: readonly HeldKey[]): Promise<Agreed> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const agreed = await decide(held)
      if (agreed !== undefined) return agreed
    }
    throw new Error('the signing keys change all the time')
  }
}

/**
 * What the store has lost though tokens signed by it may be alive. A store that has the key we sign with
 * has lost nothing: what else is missing there was dropped by another server.
 */
function findLost(
  held: readonly HeldKey[],
  { records, now }: StoredKeys,
  algorithm: SigningAlgorithm,
): SigningKeyRecord[] {
  const kids = new Set(records.map(({ kid }) => kid))
  const current = pickSigning(held, now, algorithm)
  if (current !== undefined && kids.has(current.record.kid)) return []
  return held
    .map(({ record }) => record)
    .filter((record) => !kids.has(record.kid) && !isDead(record, now))
}

function isSettled({ isPublished }: StoredKeys, { put, drop }: KeyChanges): boolean {
  return isPublished && put.length === 0 && drop.length === 0
}

function applyChanges(
  records: readonly SigningKeyRecord[],
  { put, drop }: KeyChanges,
): readonly SigningKeyRecord[] {
  const byKid = new Map([...records, ...put].map((record) => [record.kid, record]))
  for (const kid of drop) byKid.delete(kid)
  return [...byKid.values()]
}

function logChanges(log: Log, made: readonly SigningKeyRecord[], dead: readonly string[]): void {
  for (const { kid, algorithm, signsFrom } of made) {
    const signs_from = new Date(signsFrom).toISOString()
    log.info({ kid, algorithm, signs_from }, 'signing key published')
  }
  for (const kid of dead) log.info({ kid }, 'signing key withdrawn')
}

/** A key is opened once: what changes later is when it signs. */
function openAll(
  records: readonly SigningKeyRecord[],
  held: readonly HeldKey[],
  sealingKey: Buffer,
): readonly HeldKey[] {
  const opened = new Map(held.map((key) => [key.record.kid, key.opened]))
  return records.map((record) => ({
    algorithm: record.algorithm,
    signsFrom: record.signsFrom,
    record,
    opened: opened.get(record.kid) ?? openKeyMaterial(record, sealingKey),
  }))
}
