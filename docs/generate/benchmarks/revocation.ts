/** How soon a revoked token is refused, and what happens when the store is killed. */

import {
  type RevocationOutput,
  tableOfOutages,
  tableOfTrials,
} from '../../../bench/edge/revocation/report.ts'
import {
  judgeOutages,
  judgeTrials,
  type TrialSummary,
} from '../../../bench/edge/revocation/summary.ts'
import { OTHERS_MAX } from '../../../bench/edge/rounds.ts'
import { type Comparison, describeNoise, type Quantity, type Section } from './section.ts'

export function revocationSection(output: RevocationOutput): Section {
  const { trials, others = 0, outages } = output
  const isNoisy = others > OTHERS_MAX
  const judged = [
    ...(trials === undefined ? [] : judgeTrials(trials.ours)),
    ...(outages === undefined ? [] : judgeOutages(outages)),
  ]
  return {
    title: 'Revocation',
    peers: ['`textbook`: the service one would write, which asks Redis for each request'],
    // Their titles say what is wanted.
    goals: judged.map(({ title, reached, isMet }) => ({ title, wanted: '', reached, isMet })),
    comparisons: trials === undefined ? [] : toComparisons(trials, isNoisy),
    tables: [
      ...(trials === undefined ? [] : [tableOfTrials(trials, others)]),
      ...(outages === undefined ? [] : [tableOfOutages(outages)]),
    ],
    noise: describeNoise(trials === undefined ? [] : [{ others, isNoisy }], {
      limit: OTHERS_MAX,
      unit: 'cores',
      format: (used) => used.toFixed(2),
    }),
    faults: [
      ...(trials === undefined ? ['revocations: not measured'] : []),
      ...(outages === undefined ? ['outages of the store: not measured'] : []),
    ],
  }
}

const QUANTITIES: readonly Quantity<TrialSummary>[] = [
  { title: 'first refusal, p50, ms', better: 'less', digits: 2, pick: (of) => of.refusedP50 },
  { title: 'first refusal, p99, ms', better: 'less', digits: 2, pick: (of) => of.refusedP99 },
  {
    title: 'first refusal, the latest, ms',
    better: 'less',
    digits: 2,
    pick: (of) => of.refusedMax,
  },
  {
    title: 'requests let through after the acknowledgement',
    better: 'less',
    digits: 0,
    pick: (of) => of.allowedAfter,
  },
  {
    title: 'acknowledgement, p50, ms',
    better: 'less',
    digits: 2,
    pick: (of) => of.acknowledgedInP50,
  },
]

function toComparisons(
  { ours, textbook }: NonNullable<RevocationOutput['trials']>,
  isNoisy: boolean,
): Comparison[] {
  return QUANTITIES.map(({ title, better, digits, pick }) => ({
    what: title,
    better,
    digits,
    ours: { value: pick(ours), isNoisy },
    others: [{ name: 'textbook', value: pick(textbook), isNoisy, isYardstick: false }],
  }))
}
