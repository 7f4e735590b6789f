/**
 * Which shape the store's records have. It stands beside them, in the state directory: a release that does not know
 * it ends before it has touched one.
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { CliError } from '../cli-error.ts'

/** Raised when records of before can no longer be read, or those of now not by a release of before. */
export const STORE_FORMAT = 1

/**
 * Undefined where no gateway has run yet, or one of before there were formats.
 * @throws CliError for a mark that cannot be read: what it would forbid is not known.
 */
export function readStoreFormat(stateDirectory: string): number | undefined {
  const text = readMark(pathOf(stateDirectory))
  if (text === undefined) return undefined
  const format = Number(text)
  if (Number.isInteger(format) && format > 0) return format
  throw unreadable(pathOf(stateDirectory), 'it holds no number')
}

/** Says what this release writes from now on. @throws CliError where another has written what this one cannot read. */
export function takeStoreFormat(stateDirectory: string): void {
  requireKnownFormat(stateDirectory)
  if (readStoreFormat(stateDirectory) !== STORE_FORMAT)
    writeWhole(pathOf(stateDirectory), `${STORE_FORMAT}\n`)
}

/** Touches nothing. @throws CliError where another release has written what this one cannot read. */
export function requireKnownFormat(stateDirectory: string): void {
  const found = readStoreFormat(stateDirectory)
  if (found !== undefined && found > STORE_FORMAT) {
    throw new CliError(
      `The store in ${stateDirectory} was written by a newer release (format ${found}; this one knows ${STORE_FORMAT}).`,
      { nextStep: 'run that release again, or restore a backup that this one has made' },
    )
  }
}

function readMark(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // Then the store is new, or of the first format, which had no mark.
    if (code === 'ENOENT') return undefined
    throw unreadable(path, message)
  }
}

function unreadable(path: string, why: string): CliError {
  return new CliError(`Which shape the records have cannot be read in ${path}: ${why}.`, {
    nextStep: `mend it, or restore a backup; it holds the format that was written last (${STORE_FORMAT} by this release)`,
  })
}

function pathOf(stateDirectory: string): string {
  return join(stateDirectory, 'store-format')
}
