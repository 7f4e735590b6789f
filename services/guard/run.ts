/** Runs the guarded program in our place: its input and output are ours, its end is ours, signals go to it. */

import { spawn } from 'node:child_process'
import type { Environment } from '../../lib/platform/environment.ts'
import type { Command } from './command-line.ts'

const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

/**
 * Ends this process as the program ends: by its code, or by its signal.
 * @param onFault gets the error of a program that could not be started.
 */
export function runInOurPlace(
  { program, args }: Command,
  environment: Environment,
  onFault: (error: Error) => never,
): void {
  // A signal may come as soon as the program runs.
  for (const signal of PASSED_ON) process.on(signal, () => child.kill(signal))
  // In our group: whoever ends that reaches both.
  const child = spawn(program, args, { stdio: 'inherit', env: environment })
  // Killing fails only when there is nobody left.
  child.once('error', (error) => {
    if (child.pid === undefined) onFault(error)
  })
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const one of PASSED_ON) process.removeAllListeners(one)
    process.kill(process.pid, signal)
  })
}
