/** What the edge wants to reach, as ratios of rows of the same run, so that they hold on any machine. */

import type { Figures } from './rounds.ts'
import type { Load, RowName } from './rows.ts'

export interface Verdict {
  readonly title: string
  readonly wanted: string
  readonly value: number
  readonly unit: string
  readonly isMet: boolean
  /** The same ratio by the processor time of Envoy, service and store, which noise disturbs least. */
  readonly byCpu: number | undefined
}

interface Target {
  readonly title: string
  readonly bound: 'at least' | 'at most'
  readonly limit: number
  readonly unit?: string
  /** Undefined while a row that it needs was not measured. */
  readonly value: (find: Find, findRow: FindRow) => number | undefined
  readonly byCpu?: (find: Find) => number | undefined
}

type Quantity = keyof Figures['of']
type FindRow = (row: RowName, load: Load) => Figures | undefined
/** A median of a row. */
type Find = (row: RowName, load: Load, quantity: Quantity) => number | undefined

const AT_16: Load = { kind: 'closed', connections: 16 }
const AT_2000: Load = { kind: 'open', rate: 2000 }
const AT_5000: Load = { kind: 'open', rate: 5000 }

function ratio(row: RowName, other: RowName, load: Load, quantity: Quantity) {
  return (find: Find): number | undefined => {
    const [mine, theirs] = [find(row, load, quantity), find(other, load, quantity)]
    return mine === undefined || theirs === undefined ? undefined : mine / theirs
  }
}

/** Of requests per second in a closed loop: and of what one core could do with the same work. */
function rates(row: RowName, other: RowName): Pick<Target, 'value' | 'byCpu'> {
  return {
    value: ratio(row, other, AT_16, 'perSecond'),
    byCpu(find) {
      const [mine, theirs] = [cpuOfAll(row, find), cpuOfAll(other, find)]
      return mine === undefined || theirs === undefined ? undefined : theirs / mine
    },
  }
}

const PARTS = ['envoyCpuUs', 'serviceCpuUs', 'storeCpuUs'] as const

function cpuOfAll(row: RowName, find: Find): number | undefined {
  let sum = 0
  for (const part of PARTS) {
    const used = find(row, AT_16, part)
    if (used === undefined) return undefined
    sum += used
  }
  return sum
}

const TARGETS: readonly Target[] = [
  {
    title: 'warm / jwt, requests per second',
    bound: 'at least',
    limit: 0.9,
    ...rates('warm', 'jwt'),
  },
  {
    title: 'warm / jwt-cached, requests per second',
    bound: 'at least',
    limit: 0.6,
    ...rates('warm', 'jwt-cached'),
  },
  {
    title: 'warm / textbook, requests per second',
    bound: 'at least',
    limit: 2.5,
    ...rates('warm', 'textbook'),
  },
  {
    title: 'new / textbook, requests per second',
    bound: 'at least',
    limit: 1.8,
    ...rates('new', 'textbook'),
  },
  {
    title: 'warm / textbook, CPU of the service',
    bound: 'at most',
    limit: 0.25,
    value: ratio('warm', 'textbook', AT_16, 'serviceCpuUs'),
  },
  {
    title: 'warm / textbook, p99 at 2,000 a second',
    bound: 'at most',
    limit: 0.2,
    value: ratio('warm', 'textbook', AT_2000, 'p99Us'),
  },
  {
    title: 'warm / jwt, p99 at 2,000 a second',
    bound: 'at most',
    limit: 2,
    value: ratio('warm', 'jwt', AT_2000, 'p99Us'),
  },
  {
    title: 'warm, p99 at 5,000 a second',
    bound: 'at most',
    limit: 10,
    unit: ' ms',
    value: (find) => toMilliseconds(find('warm', AT_5000, 'p99Us')),
  },
  {
    title: 'warm, memory of one process of the service',
    bound: 'at most',
    limit: 100,
    unit: ' MB',
    value: (find) => find('warm', AT_16, 'serviceMb'),
  },
  {
    title: 'garbage, memory of the service between rounds',
    bound: 'at most',
    limit: 16,
    unit: ' MB',
    value: (_find, findRow) => {
      const flood = findRow('garbage', AT_16)
      if (flood === undefined || flood.rounds < ROUNDS_MIN) return undefined
      return flood.of.serviceMb.max - flood.of.serviceMb.min
    },
  },
]

/** Rounds that a service must outlive before what it holds says anything. */
const ROUNDS_MIN = 2

/** Those whose rows were measured. What was answered wrongly is fast for nothing: of a row with errors none is met. */
export function judge(figures: readonly Figures[]): readonly Verdict[] {
  return TARGETS.flatMap(({ title, bound, limit, unit = '', value: toValue, byCpu }) => {
    const used: Figures[] = []
    const findRow: FindRow = (row, load) => {
      const found = figures.find((one) => one.row === row && isSameLoad(one.load, load))
      if (found !== undefined) used.push(found)
      return found
    }
    const find: Find = (row, load, quantity) => findRow(row, load)?.of[quantity].median
    const value = toValue(find, findRow)
    if (value === undefined) return []
    const isReached = bound === 'at least' ? value >= limit : value <= limit
    const isMet = isReached && used.every(({ errors }) => errors === 0)
    return [{ title, wanted: `${bound} ${limit}${unit}`, value, unit, isMet, byCpu: byCpu?.(find) }]
  })
}

function isSameLoad(one: Load, other: Load): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function toMilliseconds(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds / 1000
}
