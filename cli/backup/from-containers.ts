/** A backup of a gateway in containers, written on this side. */

import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Readable, type Writable } from 'node:stream'
import { z } from 'zod'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { createProgress } from '../embedded/progress.ts'
import { about } from './about.ts'
import { runInProject } from './containers.ts'
import { chooseClosing, type LockOptions } from './locks.ts'
import type { MadeBackup } from './make-backup.ts'
import { syncFolder } from './sync-folder.ts'

export interface FetchWishes extends LockOptions {
  readonly withServices?: true | readonly string[]
  readonly withConfiguration?: true
}

/** @param target as of `makeBackup`. @throws CliError; then there is no such file. */
export async function fetchBackup(
  context: Context,
  target: string | Writable,
  wishes: FetchWishes,
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
  const draft = `${file}.${process.pid}.part`
  const task = createProgress(context.output, context.clock).begin(`writing ${file}`)
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    const stdout = createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true })
    await once(stdout, 'open')
    const made = toMade(await runInProject(context, args, { stdin, stdout }), file)
    if ((await stat(draft)).size !== made.bytes) throw new Error('it did not arrive whole')
    await rename(draft, file)
    syncFolder(dirname(file))
    return made
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw new CliError(`${file} cannot be written: ${(cause as Error).message}`, {
      nextStep: 'gateway backup FILE, in a folder of yours with room for it',
      cause,
    })
  } finally {
    task.end()
    await rm(draft, { force: true })
  }
}

function toArguments({ withServices, withConfiguration }: FetchWishes): string[] {
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
