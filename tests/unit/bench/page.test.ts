/** docs/benchmarks.md says what results say, above all what speaks against ours. */

import test from 'ava'
import type { EdgeOutput } from '../../../bench/edge/report.ts'
import type { RevocationOutput } from '../../../bench/edge/revocation/report.ts'
import { parseSettings as parseRevocationSettings } from '../../../bench/edge/revocation/settings.ts'
import { summariseOutages, summariseTrials } from '../../../bench/edge/revocation/summary.ts'
import type { Figures } from '../../../bench/edge/rounds.ts'
import type { RowName } from '../../../bench/edge/rows.ts'
import { parseSettings } from '../../../bench/edge/settings.ts'
import type { Measured, Results } from '../../../bench/results.ts'
import { benchmarksPage } from '../../../docs/generate/benchmarks.ts'

const machine = { processor: 'Some Processor', cores: 2, memoryGb: 8, kernel: 'Linux 6.1' }

function measuredOf<T>(output: T, changes: Partial<Measured<T>> = {}): Measured<T> {
  const commit = { id: 'abc123', isChanged: false }
  const at = '2026-11-29T20:00:00.000Z'
  return { at, commit, isQuick: false, seconds: 60, machine, output, ...changes }
}

const QUANTITIES = [
  ...['perSecond', 'p50Us', 'p99Us', 'p999Us', 'sendDelayP99Us', 'envoyCpuUs', 'serviceCpuUs'],
  ...['storeCpuUs', 'envoyMb', 'serviceMb', 'serviceGrowthMb', 'others'],
] as const

function figuresOf(
  row: RowName,
  values: Partial<Record<(typeof QUANTITIES)[number], number>>,
  changes: Partial<Figures> = {},
): Figures {
  const of = Object.fromEntries(
    QUANTITIES.map((name) => {
      const value = values[name] ?? 1
      return [name, { median: value, min: value, max: value }]
    }),
  ) as Figures['of']
  const load = { kind: 'closed', connections: 16 } as const
  const rest = { statuses: {}, errors: 0, sample: '', rounds: 1, noisyRounds: 0 }
  return { row, load, of, ...rest, ...changes }
}

function edgeOf(figures: readonly Figures[]): EdgeOutput {
  return {
    about: [],
    versions: { Envoy: '1.2.3' },
    settings: parseSettings(['--only', 'floor,jwt,textbook,warm']),
    results: [{ algorithm: 'ES256', figures, verdicts: [] }],
  }
}

const EDGE = edgeOf([
  figuresOf('floor', { perSecond: 9000 }),
  figuresOf('jwt', { perSecond: 4000, p99Us: 1000 }),
  figuresOf('textbook', { perSecond: 1000, p99Us: 9000 }, { noisyRounds: 1 }),
  figuresOf('warm', { perSecond: 2000, p99Us: 2000 }),
])

/** The part below a heading. */
function partOf(page: string, heading: string): string {
  const [, below = ''] = page.split(`\n## ${heading}\n`)
  return below.split('\n## ')[0] ?? ''
}

test('targets come from the goals of the benchmark, and missed ones are told', (t) => {
  const page = benchmarksPage({ edge: { measured: measuredOf(EDGE) } })
  t.regex(
    partOf(page, 'Edge'),
    /warm \/ jwt, requests per second, ES256 \| at least 0\.9 \| 0\.50 \| \*\*missed\*\*/,
  )
  const against = partOf(page, 'What was not better or missed its target')
  t.regex(against, /\*\*missed\*\*: warm \/ textbook, requests per second, ES256: 2\.00, wanted/)
  t.regex(
    against,
    /^- warm, ES256, 16 connections: requests per second: 2000, jwt 4000 \(0\.50\)$/m,
  )
  t.regex(against, /p99, ms: 2\.00, jwt 1\.00 \(0\.50\)/)
  t.notRegex(against, /p99, ms: 2\.00, textbook/, 'what is better is not among it')
  t.notRegex(against, /floor/, 'nor what does nothing')
})

test('rows that others disturbed say so', (t) => {
  const page = benchmarksPage({ edge: { measured: measuredOf(EDGE) } })
  t.regex(partOf(page, 'Edge'), /\*\*1 of 4 rows were disturbed\*\*/)
  t.regex(partOf(page, 'Edge'), /\| textbook \|.*\| noisy 1\/1 \|/)
  t.regex(partOf(page, 'Edge'), /1000 \(2\.00\) ~/)
})

test('wrong answers are told first', (t) => {
  const bad = figuresOf('warm', {}, { errors: 3, sample: '{"500":3} <b>' })
  const page = benchmarksPage({ edge: { measured: measuredOf(edgeOf([bad])) } })
  const against = partOf(page, 'What was not better or missed its target')
  t.regex(against, /- \*\*warm, ES256, 16 connections: 3 wrong answers: \{"500":3\} &lt;b>\*\*/)
  t.regex(against, /- \*\*jwt: not measured\*\*/)
})

test('a rate that was not held has no latency to be proud of', (t) => {
  const load = { kind: 'open', rate: 2000 } as const
  const page = benchmarksPage({
    edge: {
      measured: measuredOf(
        edgeOf([
          figuresOf('warm', { perSecond: 900, p99Us: 1 }, { load }),
          figuresOf('textbook', { perSecond: 2000, p99Us: 5000 }, { load }),
        ]),
      ),
    },
  })
  const against = partOf(page, 'What was not better or missed its target')
  t.regex(against, /p99, ms: never, textbook 5\.00 \(never\)/)
})

function revocationOf(refusedAt: number | undefined): RevocationOutput {
  const trial = { isBackAgain: false, acknowledgedIn: 1, allowedAfter: 0, lastAllowedAt: 0 }
  const ours = summariseTrials([{ ...trial, refusedAt }])
  const textbook = summariseTrials([{ ...trial, refusedAt: 2 }])
  const settings = parseRevocationSettings(['--outages', '0'])
  return { about: [], versions: {}, settings, trials: { ours, textbook }, others: 0, verdicts: [] }
}

test('a token that was never refused meets no target, also after it was written down', (t) => {
  const read = JSON.parse(JSON.stringify(revocationOf(undefined)), (_key, value) =>
    value === null ? Number.NaN : value,
  )
  const page = benchmarksPage({ revocation: { measured: measuredOf(read) } })
  const against = partOf(page, 'What was not better or missed its target')
  t.regex(against, /\*\*missed\*\*: refused within 10 ms/)
  t.regex(against, /first refusal, p99, ms: never, textbook 2\.00/)
  t.regex(against, /outages of the store: not measured/)
  const good = benchmarksPage({ revocation: { measured: measuredOf(revocationOf(1)) } })
  t.notRegex(good, /\*\*missed\*\*/)
})

test('what is missing, older, failed or quick is said above everything', (t) => {
  const commit = { id: 'def456', isChanged: true }
  const at = '2026-11-29T21:00:00.000Z'
  const results: Results = {
    edge: {
      measured: measuredOf(EDGE),
      failure: { at, commit, isQuick: false, reason: 'cc refuses' },
    },
    revocation: { measured: measuredOf(revocationOf(1), { at, commit, isQuick: true }) },
  }
  const [head = ''] = benchmarksPage(results).split('\n## ')
  t.regex(head, /\| edge \| 2026-11-29 20:00 UTC \| `abc123` \| whole \| 60 s \|/)
  t.regex(head, /\| revocation \| .* \| `def456` and changes \| \*\*quick\*\* \|/)
  t.regex(head, /\*\*bridge is missing\*\*/)
  t.regex(head, /\*\*edge failed\*\* .*: cc refuses\. Its figures are of the run before\./)
  t.regex(head, /\*\*edge is older\*\*/)
  t.regex(head, /not to be quoted/)
  t.notRegex(head, /\*\*revocation is (?:older|missing)/)
})

test('an outage in which good tokens never came back meets no target', (t) => {
  const outage = {
    unavailableAt: 100,
    goodTokensRefused: 0,
    revokedLetThrough: 0,
    lastMomentLetThroughUntil: undefined,
    isRemembered: true,
    recoveredIn: Number.POSITIVE_INFINITY,
  }
  const outages = summariseOutages([outage])
  const page = benchmarksPage({
    revocation: { measured: measuredOf({ ...revocationOf(1), outages }) },
  })
  t.regex(page, /\*\*missed\*\*: good tokens pass again after its return/)
})
