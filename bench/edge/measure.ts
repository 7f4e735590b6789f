/** One row under one load: what the load saw, what it cost, and who disturbed. */

import { setTimeout as sleep } from 'node:timers/promises'
import { untilServing } from './answers.ts'
import type { Guard } from './guards.ts'
import { type ExpectedAnswers, errorsOf, type LoadOptions, type Outcome, runLoad } from './load.ts'
import { busyTimeOfMachine, cpuOf, residentMegabytesOf } from './processes.ts'
import type { Load, Row } from './rows.ts'
import type { World } from './world.ts'

/** One round. Times in microseconds; CPU is that of one request, all threads. */
export interface Round {
  readonly perSecond: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  readonly sendDelayP99Us: number
  readonly envoyCpuUs: number
  /** Of all its processes together. */
  readonly serviceCpuUs: number
  readonly storeCpuUs: number
  readonly envoyMb: number
  /** Of its largest process; 0 where there is no service. */
  readonly serviceMb: number
  /** What the round added to it. */
  readonly serviceGrowthMb: number
  /** Cores that processes other than those of this run used meanwhile. */
  readonly others: number
  /** How often each was answered. */
  readonly statuses: Readonly<Record<string, number>>
  readonly errors: number
  /** What is wrong, for the reader; empty when nothing is. */
  readonly sample: string
}

export interface MeasureOptions {
  readonly program: string
  readonly cores: string
  readonly seconds: number
  readonly warmUpSeconds: number
}

/** Many more than are busy at a time: what waits for a connection waits in the load. */
const OPEN_LOOP_CONNECTIONS = 64

/** So that what the round before left to do is not charged to this one. */
const SETTLE_MS = 100

export async function measureRound(
  row: Row,
  load: Load,
  world: World,
  options: MeasureOptions,
): Promise<Round> {
  const guard = world.guards.get(row.guard)
  if (guard === undefined) throw new Error(`${row.guard} does not run`)
  const toRun = toLoadOptions(row, load, guard, world, options)
  if (row.tokens === 'new') await forgetTokens(guard, world, toRun)
  await sleep(SETTLE_MS)
  const gauge = createGauge(guard, world)
  const outcome = await runLoad(toRun, gauge)
  return { ...toLatencies(outcome, toRun), ...gauge.costs(outcome) }
}

function toLoadOptions(
  row: Row,
  load: Load,
  { port }: Guard,
  { tokens, body }: World,
  options: MeasureOptions,
): LoadOptions {
  return {
    ...options,
    port,
    body,
    expected: row.expected,
    connections: load.kind === 'closed' ? load.connections : OPEN_LOOP_CONNECTIONS,
    ...(load.kind === 'open' && { rate: load.rate }),
    tokens:
      row.tokens === 'new' ? tokens.fresh : row.tokens === 'revoked' ? tokens.revoked : tokens.warm,
    once: row.tokens === 'new',
    spoil: row.tokens === 'garbage',
  }
}

const PREHEAT_CONNECTIONS = 16
const PREHEAT_SECONDS_MAX = 10

/** A service that has compiled what it runs, and has seen none of the tokens to come. */
async function forgetTokens(guard: Guard, { mint, tokens }: World, toRun: LoadOptions) {
  await guard.restartService()
  await untilServing(guard, mint)
  const { rate: _rate, ...closed } = toRun
  await runLoad({
    ...closed,
    tokens: tokens.preheat,
    connections: PREHEAT_CONNECTIONS,
    seconds: PREHEAT_SECONDS_MAX,
    warmUpSeconds: 0,
  })
}

type Latencies = Pick<
  Round,
  'perSecond' | 'p50Us' | 'p99Us' | 'p999Us' | 'sendDelayP99Us' | 'statuses' | 'errors' | 'sample'
>

function toLatencies(outcome: Outcome, toRun: ExpectedAnswers): Latencies {
  const { perSecond, p50Us, p99Us, p999Us, sendDelayP99Us, statuses } = outcome
  const errors = errorsOf(outcome, toRun)
  const sample = errors === 0 ? '' : `${JSON.stringify(statuses)} ${outcome.sample}`
  return { perSecond, p50Us, p99Us, p999Us, sendDelayP99Us, statuses, errors, sample }
}

type Costs = Omit<Round, keyof Latencies>

interface Gauge {
  begin(): void
  end(): void
  costs(outcome: Outcome): Costs
}

interface Reading {
  readonly envoy: number
  readonly service: number
  readonly store: number
  readonly rest: number
  readonly machine: number
  readonly serviceMb: number
  readonly envoyMb: number
  readonly time: number
}

function createGauge(guard: Guard, { store, upstreamPid }: World): Gauge {
  const read = (): Reading => {
    const services = guard.servicePids()
    const { user, system } = process.cpuUsage()
    return {
      envoy: cpuOf(guard.envoyPid),
      service: services.reduce((sum, pid) => sum + cpuOf(pid), 0),
      store: cpuOf(store.pid()),
      rest: cpuOf(upstreamPid) + user + system,
      machine: busyTimeOfMachine(),
      serviceMb: Math.max(0, ...services.map(residentMegabytesOf)),
      envoyMb: residentMegabytesOf(guard.envoyPid),
      time: performance.now() * 1000,
    }
  }
  let before: Reading | undefined
  let after: Reading | undefined
  return {
    begin() {
      before = read()
    },
    end() {
      after = read()
    },
    costs(outcome) {
      if (before === undefined || after === undefined) throw new Error('the load measured nothing')
      return toCosts(before, after, outcome)
    },
  }
}

function toCosts(before: Reading, after: Reading, { requests, cpuUs }: Outcome): Costs {
  const used = (pick: (reading: Reading) => number): number => pick(after) - pick(before)
  const [envoy, service, store] = [
    used((reading) => reading.envoy),
    used((reading) => reading.service),
    used((reading) => reading.store),
  ]
  const others =
    used((reading) => reading.machine) - envoy - service - store - cpuUs - used(({ rest }) => rest)
  return {
    envoyCpuUs: envoy / requests,
    serviceCpuUs: service / requests,
    storeCpuUs: store / requests,
    envoyMb: after.envoyMb,
    serviceMb: after.serviceMb,
    serviceGrowthMb: used((reading) => reading.serviceMb),
    others: Math.max(0, others / used(({ time }) => time)),
  }
}
