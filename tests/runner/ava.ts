/** Runs ava and counts what it reports, in words to read while it goes. */

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { readLines } from '../../cli/log/lines.ts'
import { Failures } from './failures.ts'
import { createScratch } from './scratch.ts'
import { type Counts, readTapLine } from './tap.ts'

const ROOT = join(import.meta.dirname, '../..')
const AVA = join(ROOT, 'node_modules/.bin/ava')
/** Hundreds of processes read the same sources: what Node made of them once is kept, as the supervisor keeps it. */
const COMPILED = join(ROOT, 'node_modules/.cache/compiled')

/** `args`: of ava; `variables`: added to the environment of the tests. */
export async function runAva(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  const failures = new Failures()
  const scratch = createScratch()
  const ava = spawn(process.execPath, [AVA, '--tap', ...args], {
    cwd: ROOT,
    env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, ...variables, TMPDIR: scratch.folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const release = outlive(ava)
  readLines(ava.stdout, (line) => {
    const text = readTapLine(line, counts)
    if (text === undefined) return
    console.log(text)
    failures.read(text)
  })
  const { promise, resolve } = Promise.withResolvers<number | null>()
  ava.once('close', resolve)
  const exitCode = await promise
  release()
  scratch.remove()
  // A file that does not even load may have no line of its own. With words for titles a file without any of them
  // ends ava in the same way: there a test has to have passed.
  const isChosen = args.some((arg) => arg.startsWith('--match')) && counts.passed > 0
  if (exitCode !== 0 && counts.failed === 0 && !isChosen) counts.failed = 1
  for (const line of failures.again()) console.log(line)
  return counts
}

/** Whoever interrupts the tests is still told what failed, and finds nothing left behind. */
function outlive(ava: ChildProcess): () => void {
  // A terminal sends it to ava as well.
  const wait = (): void => undefined
  const pass = (signal: NodeJS.Signals): void => void ava.kill(signal)
  process.on('SIGINT', wait).on('SIGTERM', pass).on('SIGHUP', pass)
  return () => void process.off('SIGINT', wait).off('SIGTERM', pass).off('SIGHUP', pass)
}
