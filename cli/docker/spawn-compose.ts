/** A command of Docker Compose about the project of this folder, as a process. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Context } from '../context.ts'

export interface ComposeProcess {
  readonly child: ChildProcessWithoutNullStreams
  /** Its exit code, once all that it printed is there. Rejects where it cannot be started. */
  readonly exit: Promise<number | null>
}

export function spawnCompose(
  { workingDirectory: cwd, environment }: Pick<Context, 'workingDirectory' | 'environment'>,
  args: readonly string[],
): ComposeProcess {
  const child = spawn('docker', ['compose', ...args], { cwd, env: { ...environment } })
  const { promise: exit, resolve, reject } = Promise.withResolvers<number | null>()
  child.once('error', reject)
  child.once('close', resolve)
  // It may fail before it is awaited.
  exit.catch(() => {})
  // Who ends early reads no more: its own words say why.
  child.stdin.on('error', () => {})
  return { child, exit }
}
