/** Runs a program to its end and keeps what it printed; bounded in time and size. */

import { spawn } from 'node:child_process'
import type { Environment } from '../../lib/platform/environment.ts'

export interface Run {
  /** Undefined when it could not be started, or was ended for taking too long. */
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

const KEPT_CHARACTERS = 20_000

export function runQuietly(
  command: readonly [string, ...string[]],
  environment: Environment,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>()
  const [program, ...args] = command
  const child = spawn(program, args, {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    ...(signal && { signal }),
    killSignal: 'SIGKILL',
  })
  const kept = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      kept[name] = (kept[name] + text).slice(-KEPT_CHARACTERS)
    })
  }
  child.once('error', () => resolve({ exitCode: undefined, ...kept }))
  child.once('close', (exitCode) => resolve({ exitCode: exitCode ?? undefined, ...kept }))
  return promise
}
