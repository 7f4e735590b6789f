/** The authorization server beside oidc-provider. */

import { OPERATIONS } from '../../../bench/authorization-server/operations.ts'
import {
  type AuthorizationServerOutput,
  isNoisy,
  judge,
  type OperationResult,
  tablesOf,
} from '../../../bench/authorization-server/report.ts'
import { type Figures, OTHERS_MAX } from '../../../bench/authorization-server/rounds.ts'
import {
  type Comparison,
  describeNoise,
  type Goal,
  type Quantity,
  type Section,
} from './section.ts'

const PEER = 'oidc-provider'

export function authorizationServerSection(output: AuthorizationServerOutput): Section {
  const { results, settings, versions } = output
  return {
    title: 'Authorization server',
    peers: [`\`${PEER}\`: ${PEER} ${versions[PEER]}, as it ships, with a store in Redis`],
    goals: results.flatMap(toGoal),
    comparisons: results.flatMap(toComparisons),
    tables: tablesOf(results),
    noise: describeNoise(
      results.flatMap(figuresOf).map((one) => ({ others: one.disturbance, isNoisy: isNoisy(one) })),
      {
        limit: OTHERS_MAX,
        unit: "of the server's core",
        format: (others) => `${(others * 100).toFixed(0)} %`,
      },
    ),
    faults: [...results.flatMap(toFaults), ...missingOf(settings.operations, results)],
  }
}

function figuresOf({ ours, theirs }: OperationResult): readonly Figures[] {
  return [ours, theirs].filter((figures) => figures !== undefined)
}

/** Where theirs refuses the same, it names what of theirs stands beside it. */
function nameOf({ operation, algorithm }: OperationResult): string {
  const { signs, theirs } = OPERATIONS.find(({ name }) => name === operation) ?? {}
  const beside = theirs === undefined ? '' : ` (theirs: ${theirs})`
  return signs === true ? `${operation}, ${algorithm}` : `${operation}${beside}`
}

function toGoal(result: OperationResult): Goal[] {
  const operation = OPERATIONS.find(({ name }) => name === result.operation)
  const verdict = operation && judge({ ...result, operation })
  if (verdict?.target === undefined) return []
  const { ratio, target, isMet } = verdict
  return [
    {
      title: `${nameOf(result)}: ours / ${PEER}, requests per second`,
      wanted: `at least ${target}`,
      reached: ratio.toFixed(2),
      isMet,
    },
  ]
}

const QUANTITIES: readonly Quantity<Figures>[] = [
  { title: 'requests per second', better: 'more', digits: 0, pick: (of) => of.perSecond },
  { title: 'p50, ms', better: 'less', digits: 2, pick: (of) => of.p50Ms },
  { title: 'p99, ms', better: 'less', digits: 2, pick: (of) => of.p99Ms },
  { title: 'CPU of the server, µs', better: 'less', digits: 0, pick: (of) => of.serverCpuUs },
  { title: 'CPU of the store, µs', better: 'less', digits: 0, pick: (of) => of.valkeyCpuUs },
]

function toComparisons(result: OperationResult): Comparison[] {
  const { ours, theirs } = result
  if (ours === undefined || theirs === undefined) return []
  return QUANTITIES.map(({ title, better, digits, pick }) => ({
    what: `${nameOf(result)}: ${title}`,
    better,
    digits,
    ours: { value: pick(ours), isNoisy: isNoisy(ours) },
    others: [{ name: PEER, value: pick(theirs), isNoisy: isNoisy(theirs), isYardstick: false }],
  }))
}

function toFaults(result: OperationResult): string[] {
  return figuresOf(result)
    .filter(({ errors }) => errors > 0)
    .map(({ errors, sample }) => `${nameOf(result)}: ${errors} wrong answers: ${sample}`)
}

function missingOf(wanted: readonly string[], results: readonly OperationResult[]): string[] {
  return wanted
    .filter((name) => !results.some(({ operation, ours }) => operation === name && ours))
    .map((name) => `${name}: not measured`)
}
