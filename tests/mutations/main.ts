/**
 * `npm run test:mutations [-- WORD...]`: each protection is taken out of a copy of the code, and the test that
 * proves it has to fail. Words choose: those whose file, test or requirement has one of them.
 */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { MUTATIONS, type Mutation } from './mutations.ts'

const ROOT = join(import.meta.dirname, '../..')
const LEFT_OUT = new Set(['node_modules', '.git', '.gateway'])

type Verdict = 'noticed' | 'SURVIVED' | 'noticed by others only'

function main(): void {
  const words = process.argv.slice(2)
  const chosen = MUTATIONS.filter(
    ({ file, test, noticedBy }) =>
      words.length === 0 || words.some((word) => [file, test, noticedBy].join(' ').includes(word)),
  )
  if (chosen.length === 0) throw new Error(`nothing is called ${words.join(', ')}`)
  const copy = makeCopy()
  try {
    requireGreen(copy, chosen)
    const survivors = chosen.filter(
      (mutation) => tell(mutation, attempt(mutation, copy)) !== 'noticed',
    )
    console.log(`${chosen.length - survivors.length} of ${chosen.length} noticed`)
    process.exitCode = survivors.length === 0 ? 0 : 1
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

/** A test that fails anyway would notice everything. */
function requireGreen(copy: string, mutations: readonly Mutation[]): void {
  for (const [file, ofFile] of Map.groupBy(mutations, ({ test }) => test)) {
    const { failed, text } = run(copy, file)
    const broken = ofFile.find(({ noticedBy }) => fails(failed, noticedBy))
    if (broken !== undefined) throw new Error(`${file} fails without any mutation:\n${text}`)
  }
}

function fails(failed: readonly string[], requirement: string): boolean {
  return failed.some((line) => line.includes(` ${requirement}: `))
}

function attempt({ file, from, to, noticedBy, test }: Mutation, copy: string): Verdict {
  const path = join(copy, file)
  const source = readFileSync(path, 'utf8')
  if (source.split(from).length !== 2) throw new Error(`${file} does not have once: ${from}`)
  writeFileSync(
    path,
    source.replace(from, () => to),
  )
  try {
    const { failed } = run(copy, test)
    if (fails(failed, noticedBy)) return 'noticed'
    return failed.length > 0 ? 'noticed by others only' : 'SURVIVED'
  } finally {
    writeFileSync(path, source)
  }
}

/** The lines of the tests that failed. */
function run(copy: string, file: string): { failed: string[]; text: string } {
  const { stdout, stderr } = spawnSync(process.execPath, ['tests/run.ts', file], {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 100_000_000,
  })
  const lines = stdout.split('\n')
  const summary = lines.findLast((line) => /^\d+ passed, \d+ failed, \d+ skipped$/.test(line))
  if (summary === undefined) throw new Error(`${file} did not come to its end:\n${stdout}${stderr}`)
  return { failed: lines.filter((line) => line.startsWith('✘ ')), text: stdout }
}

function tell({ takesOut, noticedBy }: Mutation, verdict: Verdict): Verdict {
  console.log(`${verdict.padEnd(22)} ${noticedBy.padEnd(36)} not any more: ${takesOut}`)
  return verdict
}

main()
