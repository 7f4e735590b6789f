/** Runs a program to its end and keeps what it printed; bounded in time and size. */

import { spawn } from 'node:child_process'
import type { Environment } from '../../lib/platform/environment.ts'

export interface Run {
  /** Undefined when it could not be started, or was ended for taking too long. */
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
  /** Ours, unless named. */
  readonly cwd?: string | undefined
  /** Of each stream the last ones are kept. */
  readonly charactersMax?: number
}

const KEPT_CHARACTERS = 20_000

export function runQuietly(
  command: readonly [string, ...string[]],
  environment: Environment,
  { timeoutMs, signal, cwd, charactersMax = KEPT_CHARACTERS }: RunOptions,
): Promise<Run> {
  const { promise, resolve } = Promise.withResolvers<Run>()
  const [program, ...args] = command
  const child = spawn(program, args, {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
    ...(cwd !== undefined && { cwd }),
    killSignal: 'SIGKILL',
  })
  const kept = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      kept[name] = (kept[name] + text).slice(-charactersMax)
    })
  }
  // Ours rather than spawn's, which goes on when the program cannot be started.
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  const end = (exitCode: number | undefined): void => {
    clearTimeout(timer)
    resolve({ exitCode, ...kept })
  }
  child.once('error', () => end(undefined))
  child.once('close', (exitCode) => end(exitCode ?? undefined))
  return promise
}
