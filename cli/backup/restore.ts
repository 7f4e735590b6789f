/** A backup in the place of what a gateway has: all of it or nothing, while nobody serves from it. */

import { randomUUID } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { StoreRecord } from '../../lib/store/records.ts'
import { waitUntilReady } from '../../lib/store/redis.ts'
import { layOut, putInPlace } from '../../lib/store/restoring.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import type { Content } from './entries.ts'
import {
  beginJournal,
  finishJournal,
  keepSecret,
  type Settled,
  settledLines,
  settleRestore,
} from './journal.ts'
import { createFilesLayOut, type FilesLayOut } from './lay-out-files.ts'

/** A connection that was lost comes back by itself, if the store does. */
const RECONNECT_MS = 10_000

export interface Restore {
  /** Of a whole backup: what is missing or wrong is thrown before the end, and then nothing is put in place. */
  readonly contents: AsyncIterable<Content>
  readonly stateDirectory: string
  readonly replace: boolean
}

export interface Restored {
  readonly records: number
  readonly expired: number
  /** Paths of what was there before and could not be removed. */
  readonly remaining: readonly string[]
}

/** @throws CliError; then nothing has changed, unless it says so. */
export async function restoreInto(
  redis: Redis,
  context: Context,
  restore: Restore,
): Promise<Restored> {
  const { stateDirectory } = restore
  const settled = await settleRestore(redis, stateDirectory)
  if (settled !== undefined) for (const line of settledLines(settled)) context.output.note(line)
  const task = createProgress(context.output, context.clock).begin('restoring')
  const laidOut: LaidOut = { records: 0, expired: 0 }
  try {
    const remaining = await layOutAndCommit(redis, context, restore, laidOut)
    return { ...laidOut, remaining }
  } catch (error) {
    const found = await settleAfter(redis, stateDirectory, error as Error)
    // Its answer was lost, and it had happened.
    if (found?.how === 'finished') return { ...laidOut, remaining: found.remaining }
    throw error
  } finally {
    task.end()
  }
}

async function layOutAndCommit(
  redis: Redis,
  { clock }: Context,
  { contents, stateDirectory, replace }: Restore,
  laidOut: LaidOut,
): Promise<readonly string[]> {
  const id = randomUUID()
  beginJournal(stateDirectory, id)
  const files = createFilesLayOut(stateDirectory)
  const beside: Beside = { secret: undefined, epoch: undefined }
  const records = readRecordsOf(contents, beside, files)
  Object.assign(laidOut, await layOut(redis, records, clock(), id))
  await files.end()
  const { secret, epoch } = beside
  if (secret === undefined || epoch === undefined)
    throw new CliError('Nothing was given to restore.', {
      nextStep: 'gateway backup verify FILE tells what is in it',
    })
  keepSecret(stateDirectory, secret)
  const commit = { id, replace, epochId: epoch.id, number: epoch.number }
  const reply = await putInPlace(redis, commit)
  if (reply === 'occupied') throw occupied()
  if (reply === 'incomplete')
    throw new CliError('What was laid out is gone from the store.', {
      nextStep: 'nothing was changed: run it again',
    })
  return await finishJournal(stateDirectory)
}

interface LaidOut {
  readonly records: number
  readonly expired: number
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

/** Where this fails too, the next start or restore does it. */
async function settleAfter(
  redis: Redis,
  stateDirectory: string,
  error: Error,
): Promise<Settled | undefined> {
  try {
    await waitUntilReady(redis, RECONNECT_MS)
    return await settleRestore(redis, stateDirectory)
  } catch {
    if (error instanceof CliError) throw error
    throw new CliError(`The restore was broken off: ${error.message}.`, {
      nextStep: 'npm start finishes or undoes it; or run it again',
      cause: error,
    })
  }
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
