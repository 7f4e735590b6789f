/**
 * `npm run test:mutations [-- [--record] WORD...]`: each protection is taken out of a copy of the code, and the
 * test that proves it has to fail. Words choose: those whose file, test or requirement has one of them.
 * `--record` keeps the verdicts in results.json, which docs/requirements.md shows.
 */

import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { attempt, isGreen, type Verdict } from './attempt.ts'
import type { Mutation } from './mutation.ts'
import { MUTATIONS } from './mutations.ts'
import { record } from './results.ts'

const ROOT = join(import.meta.dirname, '../..')
const LEFT_OUT = new Set(['node_modules', '.git', '.gateway'])

function main(): void {
  const words = process.argv.slice(2).filter((word) => word !== '--record')
  const chosen = MUTATIONS.filter(
    ({ file, test, noticedBy }) =>
      words.length === 0 || words.some((word) => [file, test, noticedBy].join(' ').includes(word)),
  )
  if (chosen.length === 0) throw new Error(`nothing is called ${words.join(', ')}`)
  const copy = makeCopy()
  try {
    const verdicts = attemptAll(chosen, copy)
    const noticed = [...verdicts.values()].filter((verdict) => verdict === 'noticed').length
    console.log(`${noticed} of ${chosen.length} noticed`)
    process.exitCode = noticed === chosen.length ? 0 : 1
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function makeCopy(): string {
  const copy = mkdtempSync(join(tmpdir(), 'mutated-'))
  cpSync(ROOT, copy, { recursive: true, filter: (source) => !LEFT_OUT.has(basename(source)) })
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

/** By their test, which has to be green without any of them. */
function attemptAll(chosen: readonly Mutation[], copy: string): ReadonlyMap<Mutation, Verdict> {
  const verdicts = new Map<Mutation, Verdict>()
  for (const [, ofTest] of Map.groupBy(chosen, ({ test, noticedBy }) => `${test} ${noticedBy}`)) {
    const [first] = ofTest
    const wasGreen = first !== undefined && isGreen(first, copy)
    for (const mutation of ofTest) {
      const verdict = wasGreen ? attempt(mutation, copy) : 'its test is not green'
      verdicts.set(mutation, verdict)
      tell(mutation, verdict)
      if (process.argv.includes('--record')) record(mutation, verdict)
    }
  }
  return verdicts
}

function tell({ takesOut, noticedBy }: Mutation, verdict: Verdict): void {
  console.log(`${verdict.padEnd(22)} ${noticedBy.padEnd(36)} not any more: ${takesOut}`)
}

main()
