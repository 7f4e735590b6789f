/**
 * A restore in progress, in the state directory: what has to be put in place beside the store, and for which of its
 * restores. The store decides: once it says that it went through this one, the rest follows; before, nothing has happened.
 *
 * `<state>/restoring/id` (the id of the restore), `<state>/restoring/secret` (the root secret of the backup), and what
 * `lay-out-files.ts` lays out. All of it is there before the store is asked to change.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { clearLaidOut, lastRestore } from '../../lib/store/restoring.ts'
import { clearFiles, putFilesInPlace } from './lay-out-files.ts'

const folderOf = (stateDirectory: string): string => join(stateDirectory, 'restoring')

/** The id of the restore that was broken off, if one was. */
export function unfinishedRestore(stateDirectory: string): string | undefined {
  const path = join(folderOf(stateDirectory), 'id')
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

export function beginJournal(stateDirectory: string, id: string, secret: string): void {
  mkdirSync(folderOf(stateDirectory), { recursive: true, mode: 0o700 })
  writeWhole(join(folderOf(stateDirectory), 'id'), id)
  writeWhole(join(folderOf(stateDirectory), 'secret'), `${secret}\n`)
}

/** Goes on with one that was broken off, or undoes it. @returns which, or undefined when there was none. */
export async function settleRestore(
  redis: Redis,
  stateDirectory: string,
): Promise<'finished' | 'undone' | undefined> {
  const id = unfinishedRestore(stateDirectory)
  if (id === undefined) {
    // Killed before it came to that: what it had laid out is seen by nobody.
    await clearLaidOut(redis)
    await clearFiles(stateDirectory)
    return undefined
  }
  if ((await lastRestore(redis))?.id === id) {
    await finishJournal(stateDirectory)
    return 'finished'
  }
  await clearLaidOut(redis)
  await dropJournal(stateDirectory)
  return 'undone'
}

/** The store has changed: everything else follows. May be broken off, and called again. */
export async function finishJournal(stateDirectory: string): Promise<void> {
  await putFilesInPlace(stateDirectory)
  const laidOut = join(folderOf(stateDirectory), 'secret')
  if (existsSync(laidOut)) renameSync(laidOut, join(stateDirectory, 'secret'))
  rmSync(folderOf(stateDirectory), { recursive: true, force: true })
}

/** The store has not changed: nothing has happened. */
export async function dropJournal(stateDirectory: string): Promise<void> {
  await clearFiles(stateDirectory)
  rmSync(folderOf(stateDirectory), { recursive: true, force: true })
}
