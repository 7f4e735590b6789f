/** When, on what and with what each benchmark was run, and which results are missing or old. */

import type { Machine } from '../../../bench/machine.ts'
import type { Output } from '../../../bench/output.ts'
import type { Circumstances, Measured, Results } from '../../../bench/results.ts'
import { type BenchName, NAMES } from '../../../bench/suite.ts'
import { code, plain, table } from '../markdown.ts'

type Run = Measured<Output>
type NamedRun = readonly [name: BenchName, run: Run]

function runsOf(results: Results): readonly NamedRun[] {
  return NAMES.flatMap((name) => {
    const measured = results[name]?.measured
    return measured === undefined ? [] : [[name, measured] as const]
  })
}

/** Minutes are enough to tell runs apart. */
function toTime(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`
}

function toCommit({ commit: { id, isChanged } }: Circumstances): string {
  return `${id === undefined ? 'unknown' : code(id)}${isChanged ? ' and changes' : ''}`
}

export function summary(results: Results): string {
  return table(
    ['benchmark', 'measured', 'commit', 'rounds', 'took'],
    NAMES.map((name) => {
      const run = results[name]?.measured
      if (run === undefined) return [name, 'not yet', '', '', '']
      const rounds = run.isQuick ? '**quick**' : 'whole'
      return [name, toTime(run.at), toCommit(run), rounds, `${run.seconds} s`]
    }),
  )
}

/** One paragraph for each fault of the results as a whole. */
export function warnings(results: Results): readonly string[] {
  const runs = runsOf(results)
  const newest = runs.toSorted(([, left], [, right]) => (left.at < right.at ? 1 : -1))[0]?.[1]
  const isOlder = ({ commit }: Run): boolean => commit.id !== newest?.commit.id
  return [
    ...NAMES.filter((name) => results[name]?.measured === undefined).map(
      (name) => `**${name} is missing**: it has not been measured.`,
    ),
    ...NAMES.flatMap((name) => {
      const failure = results[name]?.failure
      if (failure === undefined) return []
      const told = `**${name} failed** on ${toTime(failure.at)} at ${toCommit(failure)}: ${plain(failure.reason)}.`
      return results[name]?.measured === undefined
        ? told
        : `${told} Its figures are of the run before.`
    }),
    ...runs
      .filter(([, run]) => isOlder(run))
      .map(
        ([name]) => `**${name} is older** than the newest of these: measured at another commit.`,
      ),
    ...(runs.some(([, { isQuick }]) => isQuick) ? [QUICK] : []),
  ]
}

const QUICK =
  'A **quick** run has one short round of everything: it shows that the benchmark runs, and its figures are not to be quoted.'

export function machines(results: Results): readonly string[] {
  const runs = runsOf(results)
  if (runs.length === 0) return ['Nothing has been measured yet.']
  const alike = Map.groupBy(runs, ([, { machine }]) => toWords(machine))
  const lines = [...alike].map(
    ([machine, group]) => `- ${group.map(([name]) => name).join(', ')}: ${machine}`,
  )
  return [lines.join('\n'), versions(runs)]
}

function toWords({ processor, cores, memoryGb, kernel }: Machine): string {
  return `${cores} cores of ${processor}, ${memoryGb} GB, ${kernel}`
}

/** More than one where not all benchmarks had the same. */
function versions(runs: readonly NamedRun[]): string {
  const seen = new Map<string, Set<string>>()
  for (const [, { output }] of runs) {
    for (const [name, version] of Object.entries(output.versions)) {
      seen.set(name, (seen.get(name) ?? new Set()).add(version))
    }
  }
  return table(
    ['', 'version'],
    [...seen].map(([name, all]) => [name, [...all].join(', ')]),
  )
}
