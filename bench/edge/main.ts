/** `npm run bench:edge`: the edge beside what people would use instead, through one Envoy each. */

import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Algorithm } from '../options.ts'
import type { Versions } from '../output.ts'
import { compile } from './compile.ts'
import { findPrograms, type Programs, pinSelf } from './prepare.ts'
import { endChildrenWithUs } from './processes.ts'
import { type EdgeOutput, formatLegend, formatTables, formatVerdicts } from './report.ts'
import { type Figures, measureRows, OTHERS_MAX } from './rounds.ts'
import { type Load, ROWS, type Row } from './rows.ts'
import { PINNINGS, parseSettings, type Settings, USAGE } from './settings.ts'
import { judge } from './targets.ts'
import { describeMachine, describeVersions, versionsOf } from './versions.ts'
import { REVOCATIONS, startWorld, WARM_TOKENS } from './world.ts'

/** More than a service can verify in a second of what it has never seen. */
const FRESH_PER_SECOND: Readonly<Record<Algorithm, number>> = {
  ES256: 14_000,
  // Signing takes so long that a closed loop ends with the last token instead.
  RS256: 6_000,
}

async function measureAll(
  algorithm: Algorithm,
  settings: Settings,
  { programs, progress }: { programs: Programs; progress: (text: string) => void },
): Promise<readonly Figures[]> {
  const folder = mkdtempSync(join(tmpdir(), 'edge-'))
  const { cores } = PINNINGS[settings.pinning]
  const rows: readonly Row[] = ROWS.filter(({ name }) => settings.rows.includes(name))
  const { seconds, warmUpSeconds } = settings
  const isAnyNew = rows.some(({ tokens }) => tokens === 'new')
  progress(`${algorithm}: minting tokens and starting every guard`)
  try {
    const compiled = compile(folder)
    const world = await startWorld({
      folder,
      algorithm,
      cores,
      programs: { ...compiled, envoy: programs.envoy.path, valkey: programs.valkey.path },
      processes: settings.processes,
      guards: [...new Set(rows.map(({ guard }) => guard))],
      freshTokens: isAnyNew
        ? Math.ceil((seconds + warmUpSeconds) * FRESH_PER_SECOND[algorithm])
        : 0,
    })
    try {
      const options = { ...settings, cores: cores.load, program: compiled.load, progress }
      return await measureRows(world, { ...options, rows, loads: toLoads(settings) })
    } finally {
      await world.stop()
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function toLoads({ connections, rates }: Settings): readonly Load[] {
  return [
    ...connections.map((count): Load => ({ kind: 'closed', connections: count })),
    ...rates.map((rate): Load => ({ kind: 'open', rate })),
  ]
}

function describe(settings: Settings, versions: Versions): readonly string[] {
  const { seconds, rounds, repeats, pinning, processes } = settings
  return [
    describeMachine(),
    describeVersions(versions),
    `POST of 1.5 KB over HTTP/1.1 without TLS, ${WARM_TOKENS} tokens in turn, ${REVOCATIONS} revocations;`,
    `Envoy with one thread, ${processes} process${processes === 1 ? '' : 'es'} of the service; one Valkey, appendfsync always`,
    `${rounds} rounds of ${seconds} s, all rows in turn; medians [smallest-largest]`,
    PINNINGS[pinning].meaning,
    `CPU in microseconds a request (= ms per 1,000 requests); others: cores used by strangers, worst round;`,
    `above ${OTHERS_MAX} a round is repeated up to ${repeats} times, then marked noisy`,
  ]
}

async function main(): Promise<void> {
  const settings = parseSettings(process.argv.slice(2))
  const print = settings.json ? () => {} : (line: string) => console.log(line)
  const progress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
  }
  if (availableParallelism() < 2) throw new Error('this benchmark needs two cores')
  endChildrenWithUs()
  pinSelf(PINNINGS[settings.pinning].cores.load)
  const programs = await findPrograms(process.env)
  const versions = versionsOf({
    envoy: programs.envoy.version,
    valkey: programs.valkey.version,
  })
  const about = describe(settings, versions)
  for (const line of [...about, ...formatLegend()]) print(line)
  const results: EdgeOutput['results'][number][] = []
  let errors = 0
  for (const algorithm of settings.algorithms) {
    const figures = await measureAll(algorithm, settings, { programs, progress })
    progress('')
    const verdicts = judge(figures)
    print(`\n${algorithm} in every row`)
    for (const line of [...formatTables(figures), '', ...formatVerdicts(verdicts)]) print(line)
    results.push({ algorithm, figures, verdicts })
    errors += figures.reduce((sum, one) => sum + one.errors, 0)
  }
  const output: EdgeOutput = { about, versions, settings, results }
  if (settings.json) console.log(JSON.stringify(output, null, 2))
  process.exitCode = errors === 0 ? 0 : 1
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  console.error(USAGE)
  process.exitCode = 1
}
