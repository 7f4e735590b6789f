/** One mutation in a copy of the code: does its test notice? */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REQUIREMENTS } from '../conformance/requirements.ts'
import { type Change, changesOf, type Mutation } from './mutation.ts'

export type Verdict = 'noticed' | 'SURVIVED' | 'its test is not green'

/** A test that fails anyway would notice everything. */
export function isGreen(mutation: Mutation, copy: string): boolean {
  const { failed, passed, text } = run(mutation, copy)
  const isGood = failed.length === 0 && passed > 0
  if (!isGood) console.log(text)
  return isGood
}

export function attempt(mutation: Mutation, copy: string): Verdict {
  const putBack = changesOf(mutation).map((change) => apply(change, copy))
  try {
    const { failed, hangs } = run(mutation, copy)
    // A test that waits for ever has noticed as well: it is the only one that runs.
    const isNoticed = hangs || failed.some((line) => isAbout(line, mutation.noticedBy))
    return isNoticed ? 'noticed' : 'SURVIVED'
  } finally {
    for (const restore of putBack.toReversed()) restore()
  }
}

/** Answers how to put it back. */
function apply({ file, from, to }: Change, copy: string): () => void {
  const path = join(copy, file)
  const source = readFileSync(path, 'utf8')
  if (source.split(from).length !== 2) throw new Error(`${file} does not have once: ${from}`)
  writeFileSync(
    path,
    source.replace(from, () => to),
  )
  return () => writeFileSync(path, source)
}

const isRequirement = (noticedBy: string): boolean => noticedBy in REQUIREMENTS

function isAbout(line: string, noticedBy: string): boolean {
  return line.includes(isRequirement(noticedBy) ? ` ${noticedBy}: ` : noticedBy)
}

/** Without a word of a test for so long, it hangs. */
const PATIENCE = '90s'

/** As ava matches titles. */
function patternOf(noticedBy: string): string {
  return isRequirement(noticedBy) ? `${noticedBy}: *` : `*${noticedBy}*`
}

interface Run {
  /** The lines of what failed. */
  readonly failed: readonly string[]
  readonly passed: number
  readonly hangs: boolean
  readonly text: string
}

/** The test that has to notice, alone. */
function run({ noticedBy, test }: Mutation, copy: string): Run {
  const args = ['tests/run.ts', test, '--match', patternOf(noticedBy), '--timeout', PATIENCE]
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  })
  const lines = stdout.split('\n')
  const summary = lines.findLast((line) => /^\d+ passed, \d+ failed, \d+ skipped$/.test(line))
  if (summary === undefined) throw new Error(`${test} did not come to its end:\n${stdout}${stderr}`)
  const failed = lines.filter((line) => line.startsWith('✘ '))
  // Where it tells of that, ava's own report ends with an error.
  const hangs = stderr.includes('writeTimeout')
  return { failed, passed: Number.parseInt(summary, 10), hangs, text: stdout + stderr }
}
