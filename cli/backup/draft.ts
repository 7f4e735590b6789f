/** A file that is never half there under its name: written beside, for its owner alone, and renamed. */

import { once } from 'node:events'
import { createWriteStream, mkdirSync } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Writable } from 'node:stream'
import { CliError } from '../cli-error.ts'
import { syncFolder } from './sync-folder.ts'

/**
 * Its folder is made, 0700; an older file of that name stays until then.
 * @param fill ends what it is given. @param accept is told how many bytes came.
 * @throws CliError; then there is no such file.
 */
export async function writeDraft<Result>(
  path: string,
  fill: (target: Writable) => Promise<Result>,
  accept: (result: Result, bytes: number) => void = () => {},
): Promise<{ readonly result: Result; readonly bytes: number }> {
  const draft = `${path}.${process.pid}.part`
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const target = createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true })
    await once(target, 'open')
    const result = await fill(target)
    const { size: bytes } = await stat(draft)
    accept(result, bytes)
    await rename(draft, path)
    syncFolder(dirname(path))
    return { result, bytes }
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw new CliError(`${path} cannot be written: ${(cause as Error).message}`, {
      nextStep:
        'its folder must belong to who makes the backup (in containers uid 1000), with room for it',
      cause,
    })
  } finally {
    await rm(draft, { force: true })
  }
}
