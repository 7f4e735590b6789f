import test from 'ava'
import {
  judgeOutages,
  judgeTrials,
  summariseOutages,
  summariseTrials,
} from '../../../bench/edge/revocation/summary.ts'
import { type Trial, toTrial } from '../../../bench/edge/revocation/trials.ts'
import { type Figures, toSpread } from '../../../bench/edge/rounds.ts'
import type { Load } from '../../../bench/edge/rows.ts'
import { parseSettings } from '../../../bench/edge/settings.ts'
import { judge } from '../../../bench/edge/targets.ts'

const NOTHING = { perSecond: 0, envoyCpuUs: 0, serviceCpuUs: 0, storeCpuUs: 0, serviceMb: 0 }

function figuresOf(row: string, load: Load, values: Record<string, number>): Figures {
  const all = { ...NOTHING, ...values }
  const of = Object.fromEntries(
    Object.entries(all).map(([name, median]) => [name, { median, min: median, max: median }]),
  )
  return {
    row,
    load,
    of: of as Figures['of'],
    statuses: {},
    errors: 0,
    sample: '',
    rounds: 1,
    noisyRounds: 0,
  }
}

const at16: Load = { kind: 'closed', connections: 16 }

test('a spread is the median and how far the rounds are apart', (t) => {
  t.deepEqual(toSpread([3, 1, 2]), { median: 2, min: 1, max: 3 })
  t.deepEqual(toSpread([4, 1, 2, 3]), { median: 2.5, min: 1, max: 4 })
})

test('targets are ratios of rows, and those of rows that were not measured have no verdict', (t) => {
  const verdicts = judge([
    figuresOf('jwt', at16, { perSecond: 1000 }),
    figuresOf('textbook', at16, { perSecond: 400, serviceCpuUs: 100 }),
    figuresOf('warm', at16, { perSecond: 950, serviceCpuUs: 26, serviceMb: 99 }),
  ])
  t.deepEqual(
    verdicts.map(({ title, value, isMet }) => [title, Number(value.toFixed(3)), isMet]),
    [
      ['warm / jwt, requests per second', 0.95, true],
      ['warm / textbook, requests per second', 2.375, false],
      ['warm / textbook, CPU of the service', 0.26, false],
      ['warm, memory of one process of the service', 99, true],
    ],
  )
})

test('a row with wrong answers meets nothing, nor does what is compared with it', (t) => {
  const verdicts = judge([
    figuresOf('jwt', at16, { perSecond: 1000 }),
    { ...figuresOf('textbook', at16, { perSecond: 100, serviceCpuUs: 100 }), errors: 1 },
    figuresOf('warm', at16, { perSecond: 950, serviceCpuUs: 20, serviceMb: 99 }),
  ])
  t.deepEqual(
    verdicts.map(({ title, isMet }) => [title, isMet]),
    [
      ['warm / jwt, requests per second', true],
      ['warm / textbook, requests per second', false],
      ['warm / textbook, CPU of the service', false],
      ['warm, memory of one process of the service', true],
    ],
  )
})

test('beside requests per second stands the ratio of all processor time', (t) => {
  const verdicts = judge([
    figuresOf('jwt', at16, { perSecond: 1000, envoyCpuUs: 90, serviceCpuUs: 0, storeCpuUs: 0 }),
    figuresOf('warm', at16, { perSecond: 950, envoyCpuUs: 80, serviceCpuUs: 15, storeCpuUs: 5 }),
  ])
  const verdict = verdicts.find(({ title }) => title.startsWith('warm / jwt,'))
  t.is(verdict?.byCpu, 0.9)
})

test('quick settings give way to those that are given', (t) => {
  const { rounds, algorithms, rates, connections } = parseSettings([
    '--quick',
    '--rates',
    '500,900',
  ])
  t.deepEqual(
    { rounds, algorithms, rates, connections },
    {
      rounds: 1,
      algorithms: ['ES256'],
      rates: [500, 900],
      connections: [16],
    },
  )
  t.throws(() => parseSettings(['--only', 'jwt,nobody']), {
    message: /--only nobody: there is floor/,
  })
  t.throws(() => parseSettings(['--rounds', '1.5']), { message: /whole number/ })
})

const probe = (began: number, status: number) => ({ began, ended: began + 1, status })

test('a trial counts what began after the acknowledgement, and the first refusal by its arrival', (t) => {
  const probes = [probe(8, 200), probe(9.5, 200), probe(11, 200), probe(12, 401), probe(13, 401)]
  t.deepEqual(toTrial(probes, 10, 2), {
    refusedAt: 3,
    lastAllowedAt: 1,
    allowedAfter: 1,
    acknowledgedIn: 2,
    isBackAgain: false,
  })
  t.true(toTrial([...probes, probe(14, 200)], 10, 2).isBackAgain)
  t.is(toTrial([probe(8, 200)], 10, 2).refusedAt, undefined)
})

const trial: Trial = {
  refusedAt: 2,
  lastAllowedAt: -1,
  allowedAfter: 0,
  acknowledgedIn: 1,
  isBackAgain: false,
}
const missed = (verdicts: readonly { title: string; isMet: boolean }[]): string[] =>
  verdicts.filter(({ isMet }) => !isMet).map(({ title }) => title)

test('one trial in a thousand that is slow, or never refused, is seen', (t) => {
  const trials = (...odd: Partial<Trial>[]): Trial[] =>
    Array.from({ length: 1000 }, (_, index) => ({ ...trial, ...odd[index] }))
  t.deepEqual(missed(judgeTrials(summariseTrials(trials()))), [])
  t.deepEqual(missed(judgeTrials(summariseTrials(trials({ refusedAt: 60 }, { refusedAt: 60 })))), [
    'refused within 50 ms, 999 of 1,000',
  ])
  t.deepEqual(missed(judgeTrials(summariseTrials(trials({ refusedAt: undefined })))), [
    'every token refused, and for good',
  ])
  t.deepEqual(missed(judgeTrials(summariseTrials(trials({ lastAllowedAt: 2001 })))), [
    'nothing let through after 2 s',
  ])
})

test('an outage in which nobody was told 503, or a revoked token passed, is seen', (t) => {
  const outage = {
    unavailableAt: 2000,
    goodTokensRefused: 0,
    revokedLetThrough: 0,
    lastMomentLetThroughUntil: undefined,
    isRemembered: true,
    recoveredIn: 100,
  }
  t.deepEqual(missed(judgeOutages(summariseOutages([outage, outage]))), [])
  const bad = {
    unavailableAt: undefined,
    goodTokensRefused: 1,
    revokedLetThrough: 1,
    lastMomentLetThroughUntil: 2001,
    isRemembered: false,
    recoveredIn: Number.POSITIVE_INFINITY,
  }
  t.is(missed(judgeOutages(summariseOutages([outage, bad]))).length, 6)
})
