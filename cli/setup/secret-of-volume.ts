/** What a trial in containers has made: it lies in a volume that belongs to another account than the folder. */

import { statSync } from 'node:fs'
import { readKept } from '../instance/root-secret.ts'

/**
 * Root without capabilities reads nothing of others: this becomes whoever owns the volume, and root again.
 *
 * @param volume the state directory, perhaps read-only; undefined is returned where it is absent, or holds no secret.
 */
export function readSecretOfVolume(volume: string): string | undefined {
  const owner = statSync(volume, { throwIfNoEntry: false })?.uid
  if (owner === undefined) return undefined
  if (process.geteuid?.() !== 0) return readKept(volume)
  process.seteuid?.(owner)
  try {
    return readKept(volume)
  } finally {
    process.seteuid?.(0)
  }
}
