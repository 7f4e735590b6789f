/** Calls through open sessions: how many a second, how long each, and what they cost the bridge. */

import { setTimeout as sleep } from 'node:timers/promises'
import { cpuOf, residentMegabytesOf, watchOthers } from '../edge/processes.ts'
import type { Contender } from './contenders.ts'
import { createSession, type McpSession } from './mcp-session.ts'
import { descendantsOf } from './processes.ts'
import { quantileOf } from './quantile.ts'

export interface CallFigures {
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** Of the bridge alone, all its threads, for one call. */
  readonly bridgeCpuUs: number
  /** Of the servers behind it. */
  readonly serverCpuUs: number
  /** Of the bridge, right after it. */
  readonly residentMb: number
  /** Cores that strangers used meanwhile. */
  readonly others: number
}

export interface CallOptions {
  readonly sessions: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Between these two nothing but calls is going on. */
  readonly onBegin?: () => void
  readonly onEnd?: () => void
}

/** Each session on a connection of its own asks again once it is answered. */
export async function measureCalls(
  { pid, door }: Contender,
  { sessions: count, seconds, warmUpSeconds, onBegin, onEnd }: CallOptions,
): Promise<CallFigures> {
  const sessions = await openSessions(door, count)
  try {
    await keepCalling(sessions, warmUpSeconds)
    await sleep(SETTLE_MS)
    const servers = descendantsOf(pid)
    const others = watchOthers(() => [pid, ...servers])
    const before = { bridge: cpuOf(pid), servers: sumOfCpu(servers) }
    onBegin?.()
    const began = performance.now()
    const latencies = await keepCalling(sessions, seconds)
    onEnd?.()
    const took = (performance.now() - began) / 1000
    return {
      perSecond: latencies.length / took,
      p50Ms: quantileOf(latencies, 0.5),
      p99Ms: quantileOf(latencies, 0.99),
      bridgeCpuUs: (cpuOf(pid) - before.bridge) / latencies.length,
      serverCpuUs: (sumOfCpu(servers) - before.servers) / latencies.length,
      residentMb: residentMegabytesOf(pid),
      others: others(),
    }
  } finally {
    await endSessions(sessions)
  }
}

/** So that what the opening left to do is not charged to the calls. */
const SETTLE_MS = 50
/** As many are opened at once. */
const OPENING = 8

export async function openSessions(
  door: Contender['door'],
  count: number,
): Promise<readonly McpSession[]> {
  const sessions: McpSession[] = []
  for (let begin = 0; begin < count; begin += OPENING) {
    const numbers = Array.from({ length: Math.min(OPENING, count - begin) }, (_, at) => begin + at)
    const opened = await Promise.all(numbers.map((number) => createSession(door, number)))
    sessions.push(...opened)
    await Promise.all(opened.map((session) => session.open()))
  }
  return sessions
}

/** One of the bridges refuses: its sessions go with it. */
export async function endSessions(sessions: readonly McpSession[]): Promise<void> {
  await Promise.allSettled(sessions.map((session) => session.end()))
  for (const session of sessions) session.close()
}

/** A compiler is at work in the first ones, however slow they are. */
export async function warmUp({ door }: Contender, calls: number): Promise<void> {
  const sessions = await openSessions(door, OPENING)
  try {
    await keepCalling(sessions, WARM_UP_SECONDS_MAX, calls)
  } finally {
    await endSessions(sessions)
  }
}

const WARM_UP_SECONDS_MAX = 20

/** The latencies in ms. */
async function keepCalling(
  sessions: readonly McpSession[],
  seconds: number,
  calls = Number.POSITIVE_INFINITY,
): Promise<readonly number[]> {
  const latencies: number[] = []
  const deadline = performance.now() + seconds * 1000
  const keepOn = async (session: McpSession): Promise<void> => {
    for (let began = performance.now(); began < deadline && latencies.length < calls; ) {
      await session.call()
      const now = performance.now()
      latencies.push(now - began)
      began = now
    }
  }
  await Promise.all(sessions.map(keepOn))
  return latencies
}

function sumOfCpu(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuOf(pid), 0)
}
