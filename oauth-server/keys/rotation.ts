/**
 * When signing keys come and go: a pure function of what the store holds, its time, and the settings.
 *
 * A key is published, signs from an instant known long before, gives way to the next one, and goes when
 * nothing it signed can be alive. Servers that may sign with a key hold one lease on it together: when
 * it has ended nobody signs with that key, whatever a server that was cut off believes.
 */

import type { SigningAlgorithm } from '../../lib/oauth/jws.ts'
import type { KeyMaterial, SigningKeyRecord } from '../store/signing-keys.ts'

export interface RotationSettings {
  readonly algorithm: SigningAlgorithm
  /** How long a key signs. */
  readonly lifetimeMs: number
  /** The longest life of a token that this server signs. */
  readonly longestTokenMs: number
}

export interface RotationPlan {
  /** From when on a key that is missing has to sign; undefined when none is. */
  readonly missingFrom: number | undefined
  /** Records of keys that this server signs with, or will: their leases and bounds as they must be. */
  readonly renewed: readonly SigningKeyRecord[]
  /** Ids of keys that nothing alive can be signed by. */
  readonly dead: readonly string[]
}

const LEASE_MS = 60_000

/** No verifier meets a key unprepared: the edge reads the set again within this time. */
export const PUBLISHED_MS_MIN = 10_000

/** Twice as long as anybody may keep a copy of `/jwks`. */
export const PUBLISHED_MS = 600_000

/** By how much the clocks of servers and verifiers may differ. */
const CLOCKS_MS = 30_000

export function planRotation(
  records: readonly SigningKeyRecord[],
  now: number,
  settings: RotationSettings,
): RotationPlan {
  const current = pickSigning(records, now, settings.algorithm)
  const next = records.find(
    ({ algorithm, signsFrom }) => algorithm === settings.algorithm && signsFrom > now,
  )
  const used = [current, next].filter((record) => record !== undefined)
  const others = records.filter((record) => !used.includes(record))
  return {
    missingFrom: next === undefined ? startOfMissing(current, now, settings) : undefined,
    renewed: used.flatMap((record) => renew(record, now, settings.longestTokenMs) ?? []),
    dead: others.filter((record) => isDead(record, now)).map(({ kid }) => kid),
  }
}

/**
 * What an operator's wish for another key comes to: the key that is published already signs sooner, never
 * later; undefined when a new one has to be made.
 */
export function advanceNext(
  records: readonly SigningKeyRecord[],
  signsFrom: number,
  now: number,
  { algorithm }: Pick<RotationSettings, 'algorithm'>,
): SigningKeyRecord | undefined {
  const next = records.find((record) => record.algorithm === algorithm && record.signsFrom > now)
  if (next === undefined || next.signsFrom <= signsFrom) return next
  return { ...next, signsFrom }
}

/** The newest key that may sign; one of another algorithm while none of the wanted one may yet. */
export function pickSigning<Key extends Pick<SigningKeyRecord, 'algorithm' | 'signsFrom'>>(
  keys: readonly Key[],
  now: number,
  algorithm: SigningAlgorithm,
): Key | undefined {
  const usable = keys
    .filter(({ signsFrom }) => signsFrom <= now)
    .sort((left, right) => right.signsFrom - left.signsFrom)
  return usable.find((key) => key.algorithm === algorithm) ?? usable[0]
}

/** Until then something that it signed may be alive. */
export function neededUntil({ signsUntil, longestTokenMs }: SigningKeyRecord): number {
  return signsUntil + longestTokenMs + CLOCKS_MS
}

/** Its tokens have expired, and nobody can sign another. */
export function isDead(record: SigningKeyRecord, now: number): boolean {
  return now > neededUntil(record)
}

export function toRecord(
  material: KeyMaterial,
  signsFrom: number,
  { longestTokenMs }: RotationSettings,
): SigningKeyRecord {
  return { ...material, signsFrom, signsUntil: signsFrom + LEASE_MS, longestTokenMs }
}

function startOfMissing(
  current: SigningKeyRecord | undefined,
  now: number,
  { algorithm, lifetimeMs }: RotationSettings,
): number | undefined {
  // A store's first key: nobody can have read the set without it.
  if (current === undefined) return now
  // A newly chosen algorithm: the operator waits for it.
  if (current.algorithm !== algorithm) return now + PUBLISHED_MS_MIN
  const published = Math.max(PUBLISHED_MS_MIN, Math.min(PUBLISHED_MS, lifetimeMs / 2))
  const successionAt = current.signsFrom + lifetimeMs
  const isDue = now >= successionAt - Math.max(published, lifetimeMs / 10)
  return isDue ? Math.max(successionAt, now + published) : undefined
}

/** Undefined when the record is as it must be: most of the time nothing is written. */
function renew(
  record: SigningKeyRecord,
  now: number,
  tokenMs: number,
): SigningKeyRecord | undefined {
  const longestTokenMs = Math.max(record.longestTokenMs, tokenMs)
  const isLeased = record.signsUntil - now >= LEASE_MS / 2
  if (isLeased && longestTokenMs === record.longestTokenMs) return undefined
  const signsUntil = isLeased ? record.signsUntil : now + LEASE_MS
  return { ...record, signsUntil, longestTokenMs }
}
