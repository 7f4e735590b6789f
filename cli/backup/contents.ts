/** Gathers what goes into a backup: what everything is derived from, the store at one moment, and what is asked for. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Redis } from 'ioredis'
import type { Secret } from '../../lib/platform/secret.ts'
import { isKept } from '../../lib/store/families.ts'
import { readRecords } from '../../lib/store/records.ts'
import { readMark } from '../../lib/store/replica-reads.ts'
import { NotStillError, whileNobodyWrites } from '../../lib/store/still.ts'
import { CliError } from '../cli-error.ts'
import { type Content, toRecordEntry } from './entries.ts'
import { readServiceFiles } from './service-files.ts'

/** The store as it was at one moment. Held in memory: writers do not wait until it is on a disk. */
export interface StoreCopy {
  readonly entries: readonly Content[]
  readonly records: number
}

/** Whether `copyStore` found nothing to copy: before a gateway's first start, and for some seconds of it. */
export function tellsOfEmptyStore(error: unknown): boolean {
  return error instanceof CliError && hasNoEpoch(error.cause as Error | undefined)
}

function hasNoEpoch(cause: Error | undefined): boolean {
  return /no epoch/.test(cause?.message ?? '')
}

/** @throws CliError when it cannot be had as of one moment, or there is none. */
export async function copyStore(redis: Redis): Promise<StoreCopy> {
  try {
    return await whileNobodyWrites(redis, async () => {
      const { epoch, number } = await readMark(redis)
      const entries: Content[] = [{ type: 'epoch', id: epoch.id, number }]
      const keys = new Set<string>()
      for await (const record of readRecords(redis, isKept)) {
        entries.push(toRecordEntry(record))
        keys.add(record.key)
      }
      return { entries, records: keys.size }
    })
  } catch (cause) {
    throw toCliError(cause as Error)
  }
}

function toCliError(cause: Error): CliError {
  if (cause instanceof NotStillError) {
    return new CliError(`No backup as of one moment: ${cause.message}.`, {
      nextStep: 'again at a quieter time, or with the gateway stopped: gateway stop',
      cause,
    })
  }
  if (hasNoEpoch(cause)) {
    return new CliError('The store is empty: no gateway has started with it yet.', {
      nextStep: 'npm start',
      cause,
    })
  }
  return new CliError(`The store cannot be read: ${cause.message}.`, {
    nextStep: 'gateway status',
    cause,
  })
}

export interface Wanted {
  readonly rootSecret: Secret
  readonly store: StoreCopy
  readonly stateDirectory: string
  readonly services: readonly string[]
  /** `gateway.yaml` and `.env`, as they lie there; an absent one is left out. */
  readonly configuration: ReadonlyMap<'gateway.yaml' | '.env', string>
}

/** What a restore needs first comes first. */
export async function* gather(wanted: Wanted): AsyncGenerator<Content> {
  yield { type: 'secret', value: wanted.rootSecret.reveal() }
  for (const [name, text] of wanted.configuration) yield { type: 'configuration', name, text }
  yield* wanted.store.entries
  for (const service of wanted.services) yield* readServiceFiles(wanted.stateDirectory, service)
}

/** @param configurationPath of `gateway.yaml`, whatever it is called there. */
export function readConfigurationFiles(
  configurationPath: string,
  workingDirectory: string,
  onUnreadable?: (fault: CliError) => void,
): Wanted['configuration'] {
  const found = new Map<'gateway.yaml' | '.env', string>()
  const places = [
    ['gateway.yaml', configurationPath],
    ['.env', join(workingDirectory, '.env')],
  ] as const
  for (const [name, path] of places) {
    const text = read(path, onUnreadable)
    if (text !== undefined) found.set(name, text)
  }
  return found
}

function read(path: string, onUnreadable?: (fault: CliError) => void): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    const fault = new CliError(`${path} cannot be read: ${(cause as Error).message}`, {
      nextStep: 'make it readable for who makes the backup',
      cause,
    })
    if (onUnreadable === undefined) throw fault
    onUnreadable(fault)
    return undefined
  }
}
