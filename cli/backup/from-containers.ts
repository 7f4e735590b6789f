/** A backup of a gateway in containers, written on this side. */

import { resolve } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { z } from 'zod'
import type { Context } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import { about } from './about.ts'
import { runInProject } from './containers.ts'
import { writeDraft } from './draft.ts'
import { chooseClosing, type LockOptions } from './locks.ts'
import type { MadeBackup } from './make-backup.ts'

/** As they are typed. */
export interface BackupOptions extends LockOptions {
  readonly withServices?: true | readonly string[]
  readonly withConfiguration?: true
}

/** @param target as of `makeBackup`. @throws CliError; then there is no such file. */
export async function fetchBackup(
  context: Context,
  target: string | Writable,
  wishes: BackupOptions,
): Promise<MadeBackup> {
  const closing = await chooseClosing(context, wishes)
  const closes =
    'recipients' in closing
      ? closing.recipients.flatMap((key) => ['--recipient', key])
      : ['--passphrase-file', '-']
  const args = ['backup', '-', ...closes, ...toArguments(wishes)]
  const stdin = Readable.from('passphrase' in closing ? [closing.passphrase] : [])
  if (typeof target !== 'string') {
    return toMade(await runInProject(context, args, { stdin, stdout: target }), '-')
  }
  const file = resolve(context.workingDirectory, target)
  const task = createProgress(context.output, context.clock).begin(`writing ${file}`)
  const arriving = writeDraft(
    file,
    async (stdout) => toMade(await runInProject(context, args, { stdin, stdout }), file),
    (made, bytes) => {
      if (bytes !== made.bytes) throw new Error('it did not arrive whole')
    },
  )
  return (await arriving.finally(() => task.end())).result
}

function toArguments({ withServices, withConfiguration }: BackupOptions): string[] {
  const names = withServices === true ? [] : [withServices?.join(',') ?? '']
  return [
    ...(withServices === undefined ? [] : ['--with-services', ...names]),
    ...(withConfiguration === true ? ['--with-configuration'] : []),
  ]
}

const made = about.extend({ bytes: z.int(), records: z.int() })

function toMade(told: unknown, file: string): MadeBackup {
  const { bytes, records, ...rest } = made.parse(told)
  return { file, bytes, records, about: rest }
}
