/**
 * A restore in progress, in the state directory: what has to be put in place beside the store, and for which of its
 * restores. The store decides: once it says that it went through this one, the rest follows; before, nothing has happened.
 *
 * `<state>/restoring/id` (the id of the restore) is there first; then what `lay-out-files.ts` lays out, and
 * `<state>/restoring/secret` (the root secret of the backup). All of it is on the disk before the store is asked to change.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { clearLaidOut, lastRestore } from '../../lib/store/restoring.ts'
import { CliError } from '../cli-error.ts'
import { forgetFingerprint } from '../instance/secret-fingerprint.ts'
import { clearFiles, putFilesInPlace } from './lay-out-files.ts'
import { syncFolder } from './sync-folder.ts'

const folderOf = (stateDirectory: string): string => join(stateDirectory, 'restoring')

/** The id of the restore that was broken off, if one was. */
export function unfinishedRestore(stateDirectory: string): string | undefined {
  const path = join(folderOf(stateDirectory), 'id')
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** Before anything is laid out: whoever starts next knows that something may be. */
export function beginJournal(stateDirectory: string, id: string): void {
  const folder = folderOf(stateDirectory)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeWhole(join(folder, 'id'), id)
  syncFolder(folder)
  syncFolder(stateDirectory)
}

/** The last thing before the store is asked. */
export function keepSecret(stateDirectory: string, secret: string): void {
  writeWhole(join(folderOf(stateDirectory), 'secret'), `${secret}\n`)
  syncFolder(folderOf(stateDirectory))
  syncFolder(stateDirectory)
}

export interface Settled {
  readonly how: 'finished' | 'undone'
  /** Paths of what nobody needs and could not be removed. */
  readonly remaining: readonly string[]
}

/** Goes on with one that was broken off, or undoes it. @returns which, or undefined when there was none. */
export async function settleRestore(
  redis: Redis,
  stateDirectory: string,
): Promise<Settled | undefined> {
  const id = unfinishedRestore(stateDirectory)
  if (id === undefined) {
    // Killed before it came to that: what it had laid out is seen by nobody.
    await clearLaidOut(redis)
    await clearFiles(stateDirectory)
    return undefined
  }
  if ((await lastRestore(redis))?.id === id) {
    return { how: 'finished', remaining: await finishJournal(stateDirectory) }
  }
  await clearLaidOut(redis)
  return { how: 'undone', remaining: await dropJournal(stateDirectory) }
}

/**
 * The store has changed: everything else follows, the secret first. May be broken off, and called again.
 * @returns paths of what nobody needs and could not be removed.
 * @throws CliError when files cannot be put in place.
 */
export async function finishJournal(stateDirectory: string): Promise<readonly string[]> {
  const laidOut = join(folderOf(stateDirectory), 'secret')
  if (existsSync(laidOut)) forgetFingerprint(stateDirectory)
  if (existsSync(laidOut)) renameSync(laidOut, join(stateDirectory, 'secret'))
  syncFolder(stateDirectory)
  const remaining = await putFilesInPlace(stateDirectory).catch((cause: Error) => {
    throw new CliError(`The store is restored, the files of services are not: ${cause.message}`, {
      nextStep: 'make that folder writable, then npm start: it finishes the restore first',
      cause,
    })
  })
  rmSync(folderOf(stateDirectory), { recursive: true, force: true })
  return remaining
}

/** The store has not changed: nothing has happened. */
async function dropJournal(stateDirectory: string): Promise<readonly string[]> {
  const remaining = await clearFiles(stateDirectory)
  rmSync(folderOf(stateDirectory), { recursive: true, force: true })
  return remaining
}

/** As people are told. */
export function settledLines({ how, remaining }: Settled): string[] {
  return [`A restore that was broken off is ${how}.`, ...remainingLines(remaining)]
}

export function remainingLines(remaining: readonly string[]): string[] {
  return remaining.map((path) => `${path} could not be removed: it remains, and nobody reads it.`)
}
