/** One mutation in a copy of the code: does its test notice? */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { REQUIREMENTS } from '../conformance/requirements.ts'
import { type Change, changesOf, type Mutation } from './mutation.ts'

export type Verdict = 'noticed' | 'SURVIVED' | 'noticed by others only'

/** A test that fails anyway would notice everything. */
export function requireGreen(ofFile: readonly Mutation[], copy: string): void {
  const { failed, text } = run(ofFile, copy)
  if (failed.length > 0) throw new Error(`${ofFile[0]?.test} fails without any mutation:\n${text}`)
}

/** `ofFile`: all that stand in the same file: their tests run together, as they did when they were green. */
export function attempt(mutation: Mutation, ofFile: readonly Mutation[], copy: string): Verdict {
  const putBack = changesOf(mutation).map((change) => apply(change, copy))
  try {
    const { failed } = run(ofFile, copy)
    if (failed.some((line) => isAbout(line, mutation.noticedBy))) return 'noticed'
    return failed.length > 0 ? 'noticed by others only' : 'SURVIVED'
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

/** As ava matches titles. */
function patternOf(noticedBy: string): string {
  return isRequirement(noticedBy) ? `${noticedBy}: *` : `*${noticedBy}*`
}

/** The lines of what failed of these tests. */
function run(
  mutations: readonly Mutation[],
  copy: string,
): { readonly failed: readonly string[]; readonly text: string } {
  const patterns = new Set(mutations.map(({ noticedBy }) => patternOf(noticedBy)))
  const matches = [...patterns].flatMap((pattern) => ['--match', pattern])
  const file = mutations[0]?.test ?? ''
  const { stdout, stderr } = spawnSync(process.execPath, ['tests/run.ts', file, ...matches], {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  })
  const lines = stdout.split('\n')
  const summary = lines.findLast((line) => /^\d+ passed, \d+ failed, \d+ skipped$/.test(line))
  if (summary === undefined) throw new Error(`${file} did not come to its end:\n${stdout}${stderr}`)
  return { failed: lines.filter((line) => line.startsWith('✘ ')), text: stdout + stderr }
}
