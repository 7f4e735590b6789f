/** An operator's view of the signing keys, and the wish for the next one before its time. */

import type { SigningKeyRecord, SigningKeys, StoredKeys } from '../store/signing-keys.ts'
import { generateKeyMaterial } from './key-material.ts'
import {
  advanceNext,
  neededUntil,
  pickSigning,
  type RotationSettings,
  toRecord,
} from './rotation.ts'

/** Epoch milliseconds of the store's clock. */
export interface KeyState extends Pick<SigningKeyRecord, 'kid' | 'algorithm' | 'signsFrom'> {
  readonly state: 'next' | 'signing' | 'retired'
  /** Nothing that it has signed is alive after it; prolonged while it signs. */
  readonly neededUntil: number
}

export interface SuccessionSettings extends RotationSettings {
  readonly sealingKey: Buffer
}

/** Servers that rotate at the same time are few, and each has its turn. */
const ATTEMPTS_MAX = 10

/** @returns the id of the key that signs next. */
export async function publishNext(
  signingKeys: SigningKeys,
  settings: SuccessionSettings,
  afterMs: number,
): Promise<string> {
  const material = await generateKeyMaterial(settings.algorithm, settings.sealingKey)
  const [next] = await changeRecords(signingKeys, ({ records, now }) => {
    const signsFrom = now + afterMs
    const advanced = advanceNext(records, signsFrom, now, settings)
    return [advanced ?? toRecord(material, signsFrom, settings)]
  })
  return next?.kid ?? material.kid
}

/** See `Keyring.cover`. */
export async function coverTokens(
  signingKeys: SigningKeys,
  { algorithm }: Pick<RotationSettings, 'algorithm'>,
  tokenMs: number,
): Promise<void> {
  await changeRecords(signingKeys, ({ records, now }) => {
    const signing = pickSigning(records, now, algorithm)
    return records
      .filter((record) => record.kid === signing?.kid || record.signsFrom > now)
      .filter(({ longestTokenMs }) => longestTokenMs < tokenMs)
      .map((record) => ({ ...record, longestTokenMs: tokenMs }))
  })
}

/** Decides anew while others are faster. @returns the records that were put. */
async function changeRecords(
  signingKeys: SigningKeys,
  decide: (stored: StoredKeys) => readonly SigningKeyRecord[],
): Promise<readonly SigningKeyRecord[]> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const stored = await signingKeys.read()
    const put = decide(stored)
    if (put.length === 0) return put
    if (await signingKeys.change(stored.fingerprint, { put, drop: [] })) return put
  }
  throw new Error('the signing keys change all the time')
}

export async function readStates(
  signingKeys: SigningKeys,
  algorithm: RotationSettings['algorithm'],
): Promise<readonly KeyState[]> {
  const { now, records } = await signingKeys.read()
  const signing = pickSigning(records, now, algorithm)
  const stateOf = (record: SigningKeyRecord): KeyState['state'] => {
    if (record.signsFrom > now) return 'next'
    return record.kid === signing?.kid ? 'signing' : 'retired'
  }
  return records
    .map((record) => ({
      kid: record.kid,
      algorithm: record.algorithm,
      state: stateOf(record),
      signsFrom: record.signsFrom,
      neededUntil: neededUntil(record),
    }))
    .sort((left, right) => right.signsFrom - left.signsFrom)
}

/** @throws Error when it has gone again. */
export function requireState(states: readonly KeyState[], kid: string): KeyState {
  const found = states.find((state) => state.kid === kid)
  if (found === undefined) throw new Error('the key that was published has gone')
  return found
}
