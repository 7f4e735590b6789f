/** A client that is a program: run once, or for as long as it is wanted, by whoever has its surroundings. */

import { type ChildProcess, spawn } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'
import type { Surroundings } from './driver.ts'

const RUN_MS_MAX = 60_000
const PAGE = /https?:\/\/[^\s"'<>]+\/authorize\?[^\s"'<>]+/g

export interface Ran {
  readonly exitCode: number | null
  /** Both streams, in the order in which they came, without colours. */
  readonly output: string
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  /** What somebody types when it asks. */
  readonly answer?: { readonly question: RegExp; readonly words: string }
}

export interface Started {
  readonly child: ChildProcess
  readonly output: () => string
  readonly ended: Promise<Ran>
  kill(): void
}

/** Starts it in a group of its own; the person looks at every page of ours that it prints the address of. */
export function startProgram(
  { environment, home, person }: Surroundings,
  [command = '', ...args]: readonly string[],
  options: RunOptions = {},
): Started {
  const child = spawn(command, args, {
    cwd: home,
    env: { ...environment, ...options.environment },
    detached: true,
    stdio: [options.answer === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  let output = ''
  const read = (text: string): void => {
    output += stripVTControlCharacters(text)
    // A line that is not over yet may have half an address.
    const lines = output.slice(0, output.lastIndexOf('\n') + 1)
    for (const [url] of lines.matchAll(PAGE)) person.visit(url)
    if (options.answer?.question.test(stripVTControlCharacters(text)) === true) {
      child.stdin?.write(options.answer.words)
    }
  }
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', read)
  const { promise: ended, resolve } = Promise.withResolvers<Ran>()
  child.once('error', (error) => resolve({ exitCode: null, output: String(error) }))
  child.once('close', (exitCode) => resolve({ exitCode, output }))
  return { child, output: () => output, ended, kill: () => killGroup(child) }
}

/** Runs it to its end. @throws Error with what it said when it fails, or takes too long. */
export async function runProgram(
  surroundings: Surroundings,
  command: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const started = startProgram(surroundings, command, options)
  const timer = setTimeout(started.kill, options.timeoutMs ?? RUN_MS_MAX)
  const { exitCode, output } = await started.ended
  clearTimeout(timer)
  started.kill()
  if (exitCode === 0) return output
  throw new Error(
    `${exitCode === null ? 'did not end' : `exit code ${exitCode}`}: ${output.trim()}`,
  )
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
