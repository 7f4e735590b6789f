/** What was found out of a pin. */

import { type ExecFileException, execFile } from 'node:child_process'
import type { Pin } from './pins.ts'
import { isNewer } from './version.ts'

export type Lookup = Pin &
  (
    | { readonly verdict: 'current' }
    | { readonly verdict: 'outdated'; readonly newest: string }
    /** Nobody could be asked, and why. */
    | { readonly verdict: 'unknown'; readonly reason: string }
  )

export function compare(pin: Pin, newest: string): Lookup {
  if (isNewer(newest, pin.version)) return { ...pin, verdict: 'outdated', newest }
  return { ...pin, verdict: 'current' }
}

export function unknown(pin: Pin, reason: string): Lookup {
  return { ...pin, verdict: 'unknown', reason }
}

export interface Told {
  readonly stdout: string
  readonly stderr: string
  /** Why the program did not run at all, in words. */
  readonly failure: string | undefined
}

export interface Ask {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
}

const DEADLINE_MS = 90_000
const BYTES_MAX = 16 * 1024 * 1024

/** Runs an ordinary client: it knows registries, credentials, proxies and authorities as they are set up. */
export function askClient(
  program: string,
  args: readonly string[],
  { cwd, env }: Ask,
): Promise<Told> {
  const { promise, resolve } = Promise.withResolvers<Told>()
  const options = { cwd, env: { ...env }, timeout: DEADLINE_MS, maxBuffer: BYTES_MAX }
  execFile(program, [...args], options, (error, stdout, stderr) => {
    resolve({ stdout, stderr, failure: failureOf(program, error) })
  })
  return promise
}

/** An exit code is the client's own way to tell something. */
function failureOf(program: string, error: ExecFileException | null): string | undefined {
  if (error === null || typeof error.code === 'number') return undefined
  if (error.killed) return `${program} took longer than ${DEADLINE_MS / 1000} s`
  return error.code === 'ENOENT' ? `${program} is not there` : error.message
}
