/** A backup that was named, opened with what the operator has, and read to its end. */

import { resolve } from 'node:path'
import type { Decrypter } from 'age-encryption'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import { type Heading, readHeading } from './about.ts'
import { readBackup } from './file.ts'
import { type KeyOptions, openWith } from './locks.ts'
import { summarize, type WholeSummary } from './summary.ts'

export interface OpenedBackup {
  readonly path: string
  readonly heading: Heading
  readonly decrypter: Decrypter
  readonly summary: WholeSummary
}

/** @throws CliError for what does not open, is damaged, or lacks something. */
export async function openBackup(
  context: Context,
  file: string,
  options: KeyOptions,
): Promise<OpenedBackup> {
  const path = resolve(context.workingDirectory, file)
  const heading = await readHeading(path)
  const decrypter = await openWith(context, heading.about, options)
  const task = createProgress(context.output, context.clock).begin(`reading ${path}`)
  const summary = await summarize(readBackup(path, heading, decrypter)).finally(() => task.end())
  return { path, heading, decrypter, summary }
}

/** What opens a backup, for each command that does. */
export function withKeyOptions(command: Command): Command {
  return command
    .option('--identity <file>', 'the file with the secret half of the key (BACKUP_IDENTITY_FILE)')
    .option('--passphrase-file <file>', 'the file that holds the passphrase')
}
