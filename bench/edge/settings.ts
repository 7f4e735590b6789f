/** What the benchmark is told on its command line. */

import { parseArgs } from 'node:util'
import {
  type Algorithm,
  parseAlgorithms,
  parseCount,
  parseMembers,
  parsePositive,
} from '../options.ts'
import { ROWS } from './rows.ts'

/** Who runs on which cores: a list as `taskset -c` takes it. */
export interface Cores {
  readonly load: string
  readonly edge: string
}

/** A name of `--pinning`, what it does, and why one would. */
export const PINNINGS = {
  load: {
    cores: { load: '1', edge: '0,1' },
    meaning: 'load and upstream on core 1, Envoy, service and Valkey on cores 0 and 1',
  },
  'one-core': {
    cores: { load: '1', edge: '0' },
    meaning: 'load and upstream on core 1, Envoy, service and Valkey share core 0',
  },
} as const satisfies Readonly<Record<string, { cores: Cores; meaning: string }>>

export type Pinning = keyof typeof PINNINGS

export interface Settings {
  readonly algorithms: readonly Algorithm[]
  readonly rows: readonly string[]
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly rounds: number
  /** How often a noisy round is measured anew. */
  readonly repeats: number
  readonly connections: readonly number[]
  readonly rates: readonly number[]
  /** Of the service, ours and the textbook's alike. */
  readonly processes: number
  readonly pinning: Pinning
  readonly json: boolean
}

export const USAGE = `usage: npm run bench:edge -- [options]
  --algorithm ES256|RS256|both   one for all rows of a run (default both, one after the other)
  --only NAMES                   of ${ROWS.map(({ name }) => name).join(', ')}
  --seconds N                    of each round (default 2, after a warm-up of a quarter)
  --rounds N                     every row in turn (default 3)
  --repeats N                    of a round that others disturbed (default 2)
  --connections LIST             of the closed loop (default 16,64)
  --rates LIST                   of the open loop, requests per second (default 500,2000,5000)
  --processes N                  of ext-authz and of the textbook's service (default 1)
  --pinning ${Object.keys(PINNINGS).join('|')}        (default load) ${PINNINGS['one-core'].meaning}: one-core
  --quick                        one round of 0.7 s, 16 connections and 2,000 a second, ES256
  --json                         one document for programs`

const QUICK = {
  algorithm: 'ES256',
  seconds: '0.7',
  rounds: '1',
  repeats: '0',
  connections: '16',
  rates: '2000',
}

const DEFAULTS = {
  algorithm: 'both',
  seconds: '2',
  rounds: '3',
  repeats: '2',
  connections: '16,64',
  rates: '500,2000,5000',
}

const WARM_UP_SHARE = 0.25

/** @throws Error that says what was expected. */
export function parseSettings(args: readonly string[]): Settings {
  const { values: given } = parseArgs({
    args: [...args],
    options: {
      algorithm: { type: 'string' },
      only: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      repeats: { type: 'string' },
      connections: { type: 'string' },
      rates: { type: 'string' },
      processes: { type: 'string', default: '1' },
      pinning: { type: 'string', default: 'load' },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const values = { ...DEFAULTS, ...(given.quick ? QUICK : {}), ...given }
  const names = ROWS.map(({ name }) => name)
  const seconds = parsePositive('seconds', values.seconds)
  return {
    algorithms: parseAlgorithms(values.algorithm),
    rows: given.only === undefined ? names : parseMembers('only', given.only, names),
    seconds,
    warmUpSeconds: seconds * WARM_UP_SHARE,
    rounds: parseCount('rounds', values.rounds),
    repeats: values.repeats === '0' ? 0 : parseCount('repeats', values.repeats),
    connections: parseCounts('connections', values.connections),
    rates: parseCounts('rates', values.rates),
    processes: parseCount('processes', values.processes),
    pinning: parsePinning(values.pinning),
    json: values.json,
  }
}

function parsePinning(text: string): Pinning {
  if (text === 'load' || text === 'one-core') return text
  throw new Error(`--pinning must be ${Object.keys(PINNINGS).join(' or ')}, not ${text}`)
}

/** An empty list leaves that kind of load out. */
function parseCounts(name: string, text: string): readonly number[] {
  return text === '' ? [] : text.split(',').map((one) => parseCount(name, one))
}
