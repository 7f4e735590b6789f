/** Writes a merged configuration, and keeps the one before. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { writeWhole } from '../../../lib/platform/whole-file.ts'
import { CliError } from '../../cli-error.ts'
import { mergeEntry, type NewEntry } from './merge.ts'

export interface Written {
  readonly path: string
  readonly changed: boolean
  /** Where the one before is; null when there was none, or nothing was changed. */
  readonly backup: string | null
}

export function writeEntry(place: string, entry: NewEntry): Written {
  try {
    mkdirSync(dirname(place), { recursive: true })
    if (!existsSync(place)) {
      writeWhole(place, mergeEntry('', entry, place))
      return { path: place, changed: true, backup: null }
    }
    // Through a link, which many keep in a folder of their dotfiles.
    return replace(realpathSync(place), entry)
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw new CliError(`${place} cannot be written: ${(cause as Error).message}`, { cause })
  }
}

function replace(path: string, entry: NewEntry): Written {
  const source = readFileSync(path, 'utf8')
  const merged = mergeEntry(source, entry, path)
  if (merged === source) return { path, changed: false, backup: null }
  const { mode } = statSync(path)
  const backup = `${path}.bak`
  copyFileSync(path, backup)
  writeWhole(path, merged)
  chmodSync(path, mode)
  return { path, changed: true, backup }
}
