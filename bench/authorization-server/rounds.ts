/** Interleaved rounds of one operation on both servers, and the medians of what was seen. */

import { type Outcome, openLoad } from './load.ts'
import type { Operation } from './operations.ts'
import { busyTimeOf, cpuOf, SERVER_CORE } from './processes.ts'
import type { AuthorizationServer } from './server.ts'

/** Of the server's core: with more in use by others, requests per second say little. */
export const OTHERS_MAX = 0.05

export interface RoundSettings {
  readonly seconds: number
  readonly rounds: number
  readonly connections: number
  readonly valkeyPid: number
}

/** One round on one server. */
interface Round {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly serverCpuUs: number
  readonly valkeyCpuUs: number
  /** How much of the server's core somebody else used meanwhile. */
  readonly disturbance: number
  readonly errors: number
  readonly sample: string | undefined
}

/** Medians over the rounds; errors are summed, the disturbance is the worst. */
export type Figures = Round

export interface Pair {
  /** Undefined where the server does not offer the operation. */
  readonly ours: Figures | undefined
  readonly theirs: Figures | undefined
}

export async function measure(
  operation: Operation,
  servers: { readonly ours: AuthorizationServer; readonly theirs: AuthorizationServer },
  settings: RoundSettings,
): Promise<Pair> {
  const ours: Round[] = []
  const theirs: Round[] = []
  // The first round of each is not counted: a compiler is at work in it.
  await runRound(operation, servers.ours, settings)
  if (operation.theirs === undefined) await runRound(operation, servers.theirs, settings)
  for (let round = 0; round < settings.rounds; round += 1) {
    ours.push(...(await runRound(operation, servers.ours, settings)))
    // Where they refuse what is asked, another row of theirs stands beside ours.
    if (operation.theirs === undefined) {
      theirs.push(...(await runRound(operation, servers.theirs, settings)))
    }
  }
  return { ours: toFigures(ours), theirs: toFigures(theirs) }
}

/** More than either server answers in a second; a supply that is used up ends the round. */
const REQUESTS_PER_SECOND_MAX = 8000
const WARM_UP_SHARE = 0.3

async function runRound(
  operation: Operation,
  server: AuthorizationServer,
  { seconds, connections, valkeyPid }: RoundSettings,
): Promise<readonly Round[]> {
  const requests = Math.ceil(seconds * (1 + WARM_UP_SHARE) * REQUESTS_PER_SECOND_MAX)
  const supply = await operation.prepare(server, { connections, requests })
  if (supply === undefined) return []
  const load = await openLoad(server.socket, connections)
  try {
    const warmUp = await load.run(supply, seconds * WARM_UP_SHARE)
    const costs = startCosts(server.pid, valkeyPid)
    const outcome = await load.run(supply, seconds)
    const round = { ...toRound(outcome), ...costs(outcome) }
    return [{ ...round, errors: round.errors + warmUp.errors }]
  } finally {
    load.close()
  }
}

type Costs = Pick<Round, 'serverCpuUs' | 'valkeyCpuUs' | 'disturbance'>

function startCosts(serverPid: number, valkeyPid: number): (outcome: Outcome) => Costs {
  const look = () => ({
    server: cpuOf(serverPid),
    valkey: cpuOf(valkeyPid),
    core: busyTimeOf(SERVER_CORE),
  })
  const before = look()
  return ({ requests, seconds }) => {
    const after = look()
    const server = after.server - before.server
    const others = after.core - before.core - server
    return {
      serverCpuUs: server / requests,
      valkeyCpuUs: (after.valkey - before.valkey) / requests,
      disturbance: Math.max(0, others / (seconds * 1_000_000)),
    }
  }
}

function toRound(outcome: Outcome): Omit<Round, keyof Costs> {
  const { requests, seconds, latenciesMs, errors, sample } = outcome
  return {
    perSecond: (requests - errors) / seconds,
    p50Ms: latenciesMs[Math.floor(requests * 0.5)] ?? Number.NaN,
    p99Ms: latenciesMs[Math.floor(requests * 0.99)] ?? Number.NaN,
    errors,
    sample: sample && `${sample.status} ${sample.body.slice(0, 200)}`,
  }
}

function toFigures(rounds: readonly Round[]): Figures | undefined {
  if (rounds.length === 0) return undefined
  const of = (pick: (round: Round) => number): number => median(rounds.map(pick))
  return {
    perSecond: of((round) => round.perSecond),
    p50Ms: of((round) => round.p50Ms),
    p99Ms: of((round) => round.p99Ms),
    serverCpuUs: of((round) => round.serverCpuUs),
    valkeyCpuUs: of((round) => round.valkeyCpuUs),
    disturbance: Math.max(...rounds.map((round) => round.disturbance)),
    errors: rounds.reduce((sum, round) => sum + round.errors, 0),
    sample: rounds.find((round) => round.sample !== undefined)?.sample,
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
