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

/** Undefined where no gateway has run yet, or one of before there were formats. */
export function readStoreFormat(stateDirectory: string): number | undefined {
  try {
    const format = Number(readFileSync(pathOf(stateDirectory), 'utf8'))
    return Number.isInteger(format) && format > 0 ? format : undefined
  } catch {
    // Not there: then the store is new, or of the first format, which had no mark.
    return undefined
  }
}

/** Says what this release writes from now on. @throws CliError where another has written what this one cannot read. */
export function takeStoreFormat(stateDirectory: string): void {
  const found = readStoreFormat(stateDirectory)
  if (found === STORE_FORMAT) return
  if (found !== undefined && found > STORE_FORMAT) {
    throw new CliError(
      `The store in ${stateDirectory} was written by a newer release (format ${found}; this one knows ${STORE_FORMAT}).`,
      { nextStep: 'run that release again, or restore a backup that this one has made' },
    )
  }
  writeWhole(pathOf(stateDirectory), `${STORE_FORMAT}\n`)
}

function pathOf(stateDirectory: string): string {
  return join(stateDirectory, 'store-format')
}
