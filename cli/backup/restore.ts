/** A backup in the place of what a gateway has: all of it or nothing, while nobody serves from it. */

import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import { deriveSecret, Secret } from '../../lib/platform/secret.ts'
import type { StoreRecord } from '../../lib/store/records.ts'
import { layOut, putInPlace } from '../../lib/store/restoring.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import type { Content } from './entries.ts'
import { beginJournal, finishJournal, settleRestore } from './journal.ts'
import { createFilesLayOut, type FilesLayOut } from './lay-out-files.ts'

export interface Restore {
  /** Of a whole backup: what is missing or wrong is thrown before the end, and then nothing is put in place. */
  readonly contents: AsyncIterable<Content>
  readonly stateDirectory: string
  readonly replace: boolean
}

export interface Restored {
  readonly records: number
  readonly expired: number
}

/** @throws CliError; then nothing has changed. */
export async function restoreInto(
  redis: Redis,
  context: Context,
  restore: Restore,
): Promise<Restored> {
  const { stateDirectory } = restore
  const settled = await settleRestore(redis, stateDirectory)
  if (settled !== undefined) context.output.note(`A restore that was broken off is ${settled}.`)
  const task = createProgress(context.output, context.clock).begin('restoring')
  try {
    return await layOutAndCommit(redis, context, restore)
  } catch (error) {
    await undo(redis, stateDirectory)
    throw error
  } finally {
    task.end()
  }
}

async function layOutAndCommit(
  redis: Redis,
  { clock }: Context,
  { contents, stateDirectory, replace }: Restore,
): Promise<Restored> {
  const id = randomUUID()
  const files = createFilesLayOut(stateDirectory)
  const beside: Beside = { secret: undefined, epoch: undefined }
  const records = readRecordsOf(contents, beside, files)
  const laidOut = await layOut(redis, records, clock(), id)
  await files.end()
  const { secret, epoch } = beside
  if (secret === undefined || epoch === undefined)
    throw new CliError('Nothing was given to restore.', {
      nextStep: 'gateway backup verify FILE tells what is in it',
    })
  beginJournal(stateDirectory, id, secret)
  const root = deriveSecret(new Secret(secret), 'mark').reveal()
  const commit = { id, replace, epochId: epoch.id, number: epoch.number, root }
  const reply = await putInPlace(redis, commit)
  if (reply === 'occupied') throw occupied()
  if (reply === 'incomplete')
    throw new CliError('What was laid out is gone from the store.', {
      nextStep: 'nothing was changed: run it again',
    })
  await finishJournal(stateDirectory)
  return laidOut
}

/** What a backup says beside its records. */
interface Beside {
  secret: string | undefined
  epoch: { readonly id: string; readonly number: number } | undefined
}

async function* readRecordsOf(
  contents: AsyncIterable<Content>,
  beside: Beside,
  files: FilesLayOut,
): AsyncGenerator<StoreRecord> {
  for await (const entry of contents) {
    if (entry.type === 'secret') beside.secret = entry.value
    if (entry.type === 'epoch') beside.epoch = entry
    if (entry.type === 'file') await files.add(entry)
    if (entry.type === 'record') yield toStoreRecord(entry)
  }
}

/** What went wrong is what counts: where this fails too, the next start or restore does it. */
async function undo(redis: Redis, stateDirectory: string): Promise<void> {
  await settleRestore(redis, stateDirectory).catch(() => {})
}

function toStoreRecord({ type: _, ...record }: Extract<Content, { type: 'record' }>): StoreRecord {
  return record
}

function occupied(): CliError {
  return new CliError('The store holds logins of people already. Nothing was changed.', {
    nextStep:
      'look first: gateway restore FILE --dry-run; then --replace puts the backup in their place',
  })
}
