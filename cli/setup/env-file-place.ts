/** Where the `.env` of a folder is read, and written: as a whole, for its owner alone. */

import { chmodSync, lstatSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeWhole } from '../../lib/platform/whole-file.ts'
import { CliError } from '../cli-error.ts'
import { decodeEnv } from '../context.ts'
import { type EnvFile, parseEnvFile } from './env-file.ts'

const BYTES_MAX = 1_048_576

export function envFilePath(workingDirectory: string): string {
  return join(workingDirectory, '.env')
}

/** As a start reads it, through a link too. Empty where there is none. @throws CliError for what is no file of text. */
export function readEnvText(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? '' : readText(path, found)
}

/** To be written again. Empty where there is none. @throws CliError for what is no file of text, or a link to one. */
export function readEnvFile(path: string): EnvFile {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return parseEnvFile('')
  if (found.isSymbolicLink()) {
    throw new CliError(`${path} is a link: written as a whole it would become a file.`, {
      nextStep: 'run setup in the folder that it leads to, or put the file itself here',
    })
  }
  return parseEnvFile(readText(path, found))
}

function readText(path: string, found: Stats): string {
  if (!found.isFile()) {
    // Docker makes a folder of a file that it should mount and does not find.
    throw new CliError(`${path} is not a file.`, { nextStep: `look into it, and remove it` })
  }
  if (found.size > BYTES_MAX) {
    throw new CliError(`${path} has ${found.size} bytes, which no .env has.`, {
      nextStep: 'move it away, then again',
    })
  }
  return decodeEnv(readFileSync(path), path)
}

/** 0600, also where nothing else changed. */
export function writeEnvFile(path: string, { text }: EnvFile): void {
  try {
    writeWhole(path, text)
    chmodSync(path, 0o600)
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    throw new CliError(`${path} cannot be written (${reason}).`, {
      nextStep: 'run setup as the owner of this folder',
      cause,
    })
  }
}
