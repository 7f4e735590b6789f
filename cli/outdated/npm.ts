/** npm's packages, by `npm outdated`: once for each folder that has a package.json. */

import { join } from 'node:path'
import { type Ask, askClient, compare, type Lookup, unknown } from './lookup.ts'
import type { Pin } from './pins.ts'

const PATIENCE = ['--fetch-retries=1', '--fetch-timeout=15000']

type Answer = Readonly<Record<string, { readonly latest?: string } | undefined>>

/** @param folder from `cwd`. */
export async function lookUpNpm(
  folder: string,
  pins: readonly Pin[],
  { cwd, env }: Ask,
): Promise<Lookup[]> {
  const args = ['outdated', '--json', ...PATIENCE]
  const told = await askClient('npm', args, { cwd: join(cwd, folder), env })
  const answer = told.failure ?? parseOutdated(told.stdout)
  if (typeof answer === 'string') return pins.map((pin) => unknown(pin, answer))
  // It names only what is not the newest one.
  return pins.map((pin) => compare(pin, answer[pin.name]?.latest ?? pin.version))
}

/** What npm says of each, or why it says nothing. */
export function parseOutdated(stdout: string): Answer | string {
  let answer: Answer & { readonly error?: { readonly code?: string; readonly summary?: string } }
  try {
    answer = JSON.parse(stdout.trim() || '{}')
  } catch {
    return 'npm outdated did not answer in JSON'
  }
  const { error } = answer
  if (error === undefined || !('summary' in error)) return answer
  return `npm: ${[error.code, error.summary].filter(Boolean).join(': ')}`
}
