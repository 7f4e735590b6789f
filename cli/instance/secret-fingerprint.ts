/**
 * Which root secret the store is sealed with, told by a value derived from it: a start with another one ends before
 * anything runs. It lies beside the mark of the store's format.
 */

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { deriveSecret, type Secret } from '../../lib/platform/secret.ts'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { CliError } from '../cli-error.ts'

/** Once a gateway has served with it, or nothing else can have. */
export function keepFingerprint(rootSecret: Secret, stateDirectory: string): void {
  writeWhole(pathOf(stateDirectory), `${toFingerprint(rootSecret)}\n`)
}

/** Of a store that is replaced. */
export function forgetFingerprint(stateDirectory: string): void {
  rmSync(pathOf(stateDirectory), { force: true })
}

/** Touches nothing. @throws CliError where the store is sealed with another one, as far as is known. */
export function requireSealingSecret(rootSecret: Secret, stateDirectory: string): void {
  const kept = readFingerprint(pathOf(stateDirectory))
  if (kept === undefined || kept === toFingerprint(rootSecret)) return
  throw new CliError(
    'The root secret (GATEWAY_SECRET) is not the one that the store here is sealed with: nobody could log in with it.',
    {
      nextStep: `set GATEWAY_SECRET to the one before, or unset it where ${join(stateDirectory, 'secret')} was made; with another store, or one that was emptied, remove ${pathOf(stateDirectory)}`,
    },
  )
}

function toFingerprint(rootSecret: Secret): string {
  return deriveSecret(rootSecret, 'mark').reveal()
}

/** Undefined where none was kept; what cannot be read forbids nothing: the store itself stays closed to another one. */
function readFingerprint(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trimEnd() || undefined
  } catch {
    return undefined
  }
}

function pathOf(stateDirectory: string): string {
  return join(stateDirectory, 'secret-fingerprint')
}
