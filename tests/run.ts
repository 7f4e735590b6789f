/** `npm test`: finds what the tests need, runs ava, and ends with the counts on a line of their own. */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { CliError } from '../cli/cli-error.ts'
import { readLines } from '../cli/log/lines.ts'
import { type Counts, isSuccess, readTapLine, toSummary } from './runner/tap.ts'
import { findServers, findTools } from './runner/tools.ts'

const ROOT = join(import.meta.dirname, '..')
const AVA = join(ROOT, 'node_modules/.bin/ava')
/** Hundreds of processes read the same sources: what Node made of them once is kept, as the supervisor keeps it. */
const COMPILED = join(ROOT, 'node_modules/.cache/compiled')

async function runAva(args: readonly string[], variables: Record<string, string>): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const ava = spawn(process.execPath, [AVA, '--tap', ...args], {
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  readLines(ava.stdout, (line) => {
    const text = readTapLine(line, counts)
    if (text !== undefined) console.log(text)
  })
  const { promise, resolve } = Promise.withResolvers<number | null>()
  ava.once('close', resolve)
  const exitCode = await promise
  // A file that does not even load may have no line of its own.
  if (exitCode !== 0 && counts.failed === 0) counts.failed = 1
  return counts
}

async function main(): Promise<void> {
  const servers = await findServers(process.env, ROOT)
  const tools = await findTools(process.env)
  const counts = await runAva(process.argv.slice(2), { ...servers, ...tools })
  console.log(toSummary(counts))
  process.exitCode = isSuccess(counts) ? 0 : 1
}

try {
  await main()
} catch (error) {
  if (!(error instanceof CliError)) throw error
  console.error(`${error.message}\n→ ${error.nextStep ?? ''}`)
  console.log(toSummary({ passed: 0, failed: 1, skipped: 0 }))
  process.exitCode = 1
}
