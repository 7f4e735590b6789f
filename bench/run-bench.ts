/** Runs one benchmark as a process of its own, so that none disturbs or ends another. */

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { parseResults } from './results.ts'
import { type Bench, MINUTES_MAX } from './suite.ts'

export type Outcome =
  /** With another exit code than 0 some of what it asked was answered wrongly: its rows say which. */
  | { readonly output: object; readonly exitCode: number | null }
  /** One line, for people. */
  | { readonly reason: string }

export interface RunOptions {
  readonly isQuick: boolean
  readonly stop: AbortSignal
  readonly minutesMax?: number
}

/** Whatever it does or fails to do, it is told and not thrown. */
export async function runBench(
  { script }: Pick<Bench, 'script'>,
  { isQuick, stop, minutesMax = MINUTES_MAX }: RunOptions,
): Promise<Outcome> {
  const child = spawn(process.execPath, [script, '--json', ...(isQuick ? ['--quick'] : [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  // Not SIGKILL: it has processes of its own to end.
  const end = (): void => {
    child.kill('SIGTERM')
  }
  const limit = setTimeout(end, minutesMax * 60_000)
  stop.addEventListener('abort', end)
  child.stderr.pipe(process.stderr, { end: false })
  const { promise: ended, resolve } = Promise.withResolvers<number | NodeJS.Signals | null>()
  child.once('close', (code, signal) => resolve(signal ?? code))
  child.once('error', () => resolve(null))
  try {
    const [stdout, stderr, how] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    return toOutcome(stdout, stderr, how)
  } finally {
    clearTimeout(limit)
    stop.removeEventListener('abort', end)
  }
}

function toOutcome(stdout: string, stderr: string, how: number | string | null): Outcome {
  try {
    const output = parseResults<unknown>(stdout)
    if (typeof output === 'object' && output !== null) {
      return { output, exitCode: typeof how === 'number' ? how : null }
    }
  } catch {
    // Why there is none stands on the other stream.
  }
  return { reason: `${lastWords(stderr) ?? 'it printed no results'} (ended with ${how})` }
}

const CHARACTERS_MAX = 300

/** Each benchmark ends with what is wrong, and how it is used. */
function lastWords(stderr: string): string | undefined {
  const [said = ''] = stderr.split(/^usage: /m)
  const last = said.trim().split('\n').at(-1)?.trim() ?? ''
  return last === '' ? undefined : last.slice(0, CHARACTERS_MAX)
}
