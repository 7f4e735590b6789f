/** Work of a command that a person, or whoever runs it, may end in the middle. */

import { CliError } from './cli-error.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** @param work is given what is aborted then, and clears up. @throws CliError when it was ended so. */
export async function untilInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController()
  const interrupt = (): void => interruption.abort()
  for (const signal of SIGNALS) process.once(signal, interrupt)
  try {
    return await work(interruption.signal)
  } catch (cause) {
    if (interruption.signal.aborted) throw new CliError('Interrupted.', { cause })
    throw cause
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, interrupt)
  }
}
